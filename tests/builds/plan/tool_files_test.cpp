#include "builds/plan/tool_files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <functional>

#include "config/tables.hpp"
#include "support/files.hpp"
#include "support/scoped_variable.hpp"
#include "support/temp_dir.hpp"

namespace larder::builds {
namespace {

using test::must;
using test::ScopedVariable;

config::Recipe cargo() { return must(must(config::load_recipes("")).find("cargo")); }

TEST(ReadSettings, OfTheProjectAndTheUser) {
  const test::TempDir dir;
  const ScopedVariable home("HOME", dir.path() + "/home");
  const ScopedVariable cargo_home("CARGO_HOME", std::nullopt);
  test::put_file(dir.fd(), "project/.cargo/config.toml", "project");
  test::put_file(dir.fd(), "home/.cargo/config.toml", "user");
  const config::SettingsTexts texts = read_settings(cargo().settings, dir.path() + "/project", dir.path() + "/project");
  EXPECT_EQ(texts.project, std::vector<std::string>{"project"});
  EXPECT_EQ(texts.user, std::vector<std::string>{"user"});
  const ScopedVariable elsewhere("CARGO_HOME", dir.path() + "/elsewhere");
  EXPECT_TRUE(read_settings(cargo().settings, dir.path(), dir.path()).user.empty());
}

TEST(ReadSettings, AboveTheProjectWhatIsShownIsTheProjects) {
  const test::TempDir dir;
  const ScopedVariable home("HOME", dir.path() + "/home");
  const ScopedVariable cargo_home("CARGO_HOME", std::nullopt);
  for (const char* folder :
       {"home/.cargo/", "home/.x/.cargo/", "home/src/.cargo/", "home/src/top/.cargo/", "home/src/top/a/.cargo/"})
    test::put_file(dir.fd(), folder + std::string("config.toml"), "n = \"" + std::string(folder) + "\"");
  const auto texts = read_settings(cargo().settings, dir.path() + "/home/src/top/a", dir.path() + "/home/src/top");
  EXPECT_EQ(texts.project,
            (std::vector<std::string>{"n = \"home/src/top/a/.cargo/\"", "n = \"home/src/top/.cargo/\""}));
  EXPECT_EQ(texts.above, std::vector<std::string>{"n = \"home/src/.cargo/\""});
  EXPECT_EQ(texts.user.front(), "n = \"home/.cargo/\"");
  EXPECT_TRUE(texts.unread.empty());
}

TEST(ReadSettings, WhatBuildsMayFindElsewhereIsNamed) {
  const ScopedVariable cargo_home("CARGO_HOME", std::nullopt);
  const auto unread = [](const std::function<void(const test::TempDir&)>& make) {
    const test::TempDir dir;
    test::put_dir(dir.fd(), "top/.cargo");
    test::put_file(dir.fd(), "elsewhere", "a = 1");
    make(dir);
    return read_settings(cargo().settings, dir.path() + "/top", dir.path() + "/top").unread.size();
  };
  const auto link = [&](const std::string& target) {
    return unread([&](const test::TempDir& dir) { test::put_link(dir.fd(), "top/.cargo/config.toml", target); });
  };
  const auto file = [&](const std::string& text) {
    return unread([&](const test::TempDir& dir) { test::put_file(dir.fd(), "top/.cargo/config.toml", text); });
  };
  EXPECT_EQ(link("/usr/local/cargo/registry/src/evil"), 1U);
  EXPECT_EQ(link("../../elsewhere"), 1U);
  EXPECT_EQ(link("/workspace/evil"), 1U);
  EXPECT_EQ(file("no = toml = at all"), 1U);
  EXPECT_EQ(file(std::string(2 << 20, '#')), 1U);
  EXPECT_EQ(file("include = '../../elsewhere'"), 1U);
  EXPECT_EQ(file("include = '/usr/local/cargo/git/evil'"), 1U);
  EXPECT_EQ(file("include = ['gone.toml']\na = 1"), 0U);
  EXPECT_EQ(unread([](const test::TempDir& dir) {
              test::put_file(dir.fd(), "top/real.toml", "a = 1");
              test::put_link(dir.fd(), "top/.cargo/config.toml", "../real.toml");
            }),
            0U);
}

TEST(ReadSettings, WhatAFileIncludesStandsBehindIt) {
  const test::TempDir dir;
  const ScopedVariable cargo_home("CARGO_HOME", dir.path());
  const std::string first = "include = ['a.toml', {path = 'more/b.toml', optional = true}, 'gone.toml']";
  const std::string circle = "include = '../config.toml'";
  test::put_file(dir.fd(), "project/.cargo/config.toml", first);
  test::put_file(dir.fd(), "project/.cargo/a.toml", "a");
  test::put_file(dir.fd(), "project/.cargo/more/b.toml", circle);
  EXPECT_EQ(read_settings(cargo().settings, dir.path() + "/project", dir.path() + "/project").project,
            (std::vector<std::string>{first, circle, "a"}));
}

TEST(ReadSettings, AFifoSaysNothing) {
  const test::TempDir dir;
  const ScopedVariable cargo_home("CARGO_HOME", dir.path());
  test::put_dir(dir.fd(), ".cargo");
  ASSERT_EQ(::mkfifo((dir.path() + "/.cargo/config.toml").c_str(), 0600), 0);
  const auto texts = read_settings(cargo().settings, dir.path(), dir.path());
  EXPECT_TRUE(texts.project.empty());
  EXPECT_EQ(texts.unread.size(), 1U) << "cargo would read it";
}

TEST(ArgsForFetch, ThoseThatItTakes) {
  const config::FetchPhase fetch = *cargo().fetch;
  using Args = config::Command;
  EXPECT_EQ(args_for_fetch(fetch, {}, {"--features", "a", "--locked", "-v"}), Args{"--locked"});
  EXPECT_EQ(args_for_fetch(fetch, {"--locked"}, {"--locked", "--offline"}), (Args{"--locked", "--offline"}));
  EXPECT_EQ(args_for_fetch(fetch, {"--manifest-path", "a/Cargo.toml"}, {"--manifest-path=b"}),
            (Args{"--manifest-path", "a/Cargo.toml", "--manifest-path=b"}));
  EXPECT_EQ(args_for_fetch(fetch, {"-Zbuild-std"}, {"-Z", "x"}), (Args{"-Zbuild-std", "-Z", "x"}));
  EXPECT_EQ(args_for_fetch(fetch, {}, {"--lib", "--", "--locked"}), Args{});
  EXPECT_EQ(args_for_fetch(fetch, {"--config", "a"}, {"--config", "b"}), (Args{"--config", "b"}))
      << "not the project's";
  EXPECT_EQ(args_for_fetch(fetch, {}, {"--manifest-path"}), Args{});
}

}  // namespace
}  // namespace larder::builds
