#include "builds/plan/tool_files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

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
  const config::SettingsTexts texts = read_settings(cargo().settings, dir.path() + "/project");
  EXPECT_EQ(texts.project, std::vector<std::string>{"project"});
  EXPECT_EQ(texts.user, std::vector<std::string>{"user"});
  const ScopedVariable elsewhere("CARGO_HOME", dir.path() + "/elsewhere");
  EXPECT_TRUE(read_settings(cargo().settings, dir.path()).user.empty());
}

TEST(ReadSettings, WhatAFileIncludesStandsBehindIt) {
  const test::TempDir dir;
  const ScopedVariable cargo_home("CARGO_HOME", dir.path());
  const std::string first = "include = ['a.toml', {path = 'more/b.toml', optional = true}, 'gone.toml']";
  const std::string circle = "include = '../config.toml'";
  test::put_file(dir.fd(), "project/.cargo/config.toml", first);
  test::put_file(dir.fd(), "project/.cargo/a.toml", "a");
  test::put_file(dir.fd(), "project/.cargo/more/b.toml", circle);
  EXPECT_EQ(read_settings(cargo().settings, dir.path() + "/project").project,
            (std::vector<std::string>{first, circle, "a"}));
}

TEST(ReadSettings, AFifoSaysNothing) {
  const test::TempDir dir;
  const ScopedVariable cargo_home("CARGO_HOME", dir.path());
  test::put_dir(dir.fd(), ".cargo");
  ASSERT_EQ(::mkfifo((dir.path() + "/.cargo/config.toml").c_str(), 0600), 0);
  EXPECT_TRUE(read_settings(cargo().settings, dir.path()).project.empty());
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
