#include "image/host.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "support/files.hpp"
#include "support/scoped_variable.hpp"
#include "support/temp_dir.hpp"

namespace larder::image {
namespace {

using test::must;
using test::ScopedVariable;

class HostImage : public ::testing::Test {
 protected:
  HostImage() {
    put_tool("tools/bin/compiler");
    recipe_.toolchains = {dir_.path() + "/tools"};
    recipe_.needs = {{"the compiler", "compiler", "", "the-compiler"}};
    target_.name = "alpha";
    target_.debian_arch = machine_.debian_arch = "amd64";
  }

  void put_tool(const std::string& path, const std::string& content = "1") {
    test::put_file(dir_.fd(), path, content, 0755);
    test::set_mtime(dir_.fd(), path, 1000, 5);
  }

  Result<Image> try_image() { return host_image(recipe_, target_, machine_, placeholders_, dir_.path()); }
  Image image() { return must(try_image()); }

  test::TempDir dir_;
  config::Recipe recipe_;
  config::Target target_;
  config::Target machine_;
  config::Placeholders placeholders_ = {{"triple", "alpha-linux"}};
  ScopedVariable rustup_home_{"RUSTUP_HOME", dir_.path() + "/rustup"};
  ScopedVariable rustup_toolchain_{"RUSTUP_TOOLCHAIN", std::nullopt};
};

TEST_F(HostImage, ShowsAToolchainOfItsOwnUnderOnePath) {
  const Image made = image();
  EXPECT_EQ(made.name, "host");
  EXPECT_EQ(made.toolchain, "/toolchain");
  EXPECT_EQ(made.path, "/toolchain/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
  EXPECT_EQ(made.root.back(), (Bind{dir_.path() + "/tools", "/toolchain"}));
}

TEST_F(HostImage, TheSystemsOwnNeedsNoMount) {
  recipe_.toolchains = {"/usr"};
  recipe_.needs = {{"a shell", "sh", "", ""}};
  const Image made = image();
  EXPECT_EQ(made.toolchain, "/usr");
  EXPECT_EQ(made.path, "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
  EXPECT_TRUE(
      std::none_of(made.root.begin(), made.root.end(), [](const Bind& bind) { return bind.path == "/toolchain"; }));
}

TEST_F(HostImage, HoldsTheSystemFoldersAsTheyAre) {
  const Image made = image();
  for (const char* folder : {"/usr", "/bin", "/lib"}) {
    const bool link = std::filesystem::is_symlink(folder);
    const bool linked = std::any_of(made.links.begin(), made.links.end(), [&](const Link& entry) {
      return entry.path == folder && entry.text == std::filesystem::read_symlink(folder).string();
    });
    const bool bound = std::find(made.root.begin(), made.root.end(), Bind{folder, folder}) != made.root.end();
    EXPECT_EQ(linked, link) << folder;
    EXPECT_EQ(bound, !link) << folder;
  }
}

/// A bind of /etc itself, or of anything above these, would show them too.
TEST_F(HostImage, HoldsNoSecrets) {
  for (const char* secret :
       {"/etc/shadow", "/etc/gshadow", "/etc/ssh/ssh_host_ed25519_key", "/etc/ssl/private/key.pem", "/etc/sudoers",
        "/etc/machine-id", "/root/.ssh/id_rsa", "/home/me/.aws/credentials", "/var/lib/x", "/run/docker.sock"}) {
    for (const Bind& bind : image().root) {
      const std::string shown = bind.path == "/" ? "/" : bind.path + "/";
      EXPECT_FALSE((std::string(secret) + "/").starts_with(shown)) << bind.path << " shows " << secret;
    }
  }
}

TEST_F(HostImage, EverythingInItExists) {
  for (const Bind& bind : image().root) EXPECT_EQ(::access(bind.source.c_str(), R_OK), 0) << bind.source;
}

TEST_F(HostImage, TheFirstToolchainWithEverythingIsTaken) {
  test::put_dir(dir_.fd(), "empty");
  put_tool("second/bin/compiler");
  recipe_.toolchains = {dir_.path() + "/empty", dir_.path() + "/second", dir_.path() + "/tools"};
  EXPECT_EQ(image().root.back().source, dir_.path() + "/second");
}

TEST_F(HostImage, OneThatHasOnlyAPartIsNot) {
  put_tool("first/bin/compiler");
  test::put_file(dir_.fd(), "tools/lib/alpha-linux/std", "");
  recipe_.toolchains = {dir_.path() + "/first", dir_.path() + "/tools"};
  recipe_.needs.push_back({"std for {triple}", "", "{toolchain}/lib/{triple}/std", ""});
  EXPECT_EQ(image().root.back().source, dir_.path() + "/tools");
}

TEST_F(HostImage, RustupsToolchainIsOneOfThem) {
  test::put_file(dir_.fd(), "rustup/settings.toml", "default_toolchain = \"stable\"\n");
  recipe_.toolchains = {"{rustup}", dir_.path() + "/tools"};
  EXPECT_EQ(image().root.back().source, dir_.path() + "/tools");
  put_tool("rustup/toolchains/stable/bin/compiler");
  EXPECT_EQ(image().root.back().source, dir_.path() + "/rustup/toolchains/stable");
}

TEST_F(HostImage, WithoutAnyItIsTheSystemsOwn) {
  recipe_.needs = {{"a shell", "sh", "", ""}};
  recipe_.toolchains = {};
  EXPECT_EQ(image().toolchain, "/usr");
  recipe_.toolchains = {"{rustup}"};
  EXPECT_EQ(image().toolchain, "/usr");
}

TEST_F(HostImage, AProgramMayLieInTheSystemsFolders) {
  recipe_.needs.push_back({"a shell", "sh", "", ""});
  EXPECT_TRUE(try_image());
}

TEST_F(HostImage, AFileThatCannotBeExecutedIsNoProgram) {
  test::put_file(dir_.fd(), "tools/bin/linker", "", 0644);
  recipe_.needs.push_back({"a linker", "linker", "", ""});
  EXPECT_FALSE(try_image());
}

TEST_F(HostImage, TheDigestIsTheSameWhileNothingChanges) {
  EXPECT_EQ(image().digest, image().digest);
  EXPECT_EQ(image().digest.substr(0, 7), "sha256:");
  EXPECT_EQ(image().digest.size(), 7U + 64);
}

TEST_F(HostImage, TheDigestChangesWithATool) {
  const std::string before = image().digest;
  put_tool("tools/bin/compiler", "22");
  const std::string larger = image().digest;
  EXPECT_NE(larger, before);
  test::set_mtime(dir_.fd(), "tools/bin/compiler", 1000, 6);
  EXPECT_NE(image().digest, larger);
  put_tool("tools/bin/compiler");
  EXPECT_EQ(image().digest, before);
}

TEST_F(HostImage, TheDigestChangesWithTheToolchain) {
  const std::string before = image().digest;
  put_tool("second/bin/compiler");
  recipe_.toolchains = {dir_.path() + "/second"};
  EXPECT_NE(image().digest, before);
}

TEST_F(HostImage, OtherFilesOfTheToolchainDoNotChangeIt) {
  const std::string before = image().digest;
  put_tool("tools/bin/other");
  EXPECT_EQ(image().digest, before);
}

TEST_F(HostImage, TellsWhatIsMissingAndHowToGetIt) {
  recipe_.needs = {{"the compiler for {triple}", "no-such-compiler", "", "target:cc"},
                   {"the library", "", "{toolchain}/lib/none", "target:std"}};
  target_.packages = {{"cc", "cc-for-alpha"}};
  target_.commands = {{"std", "fetch-std alpha"}};
  const auto made = try_image();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::environment);
  EXPECT_EQ(made.error().message, "this machine cannot build for alpha");
  EXPECT_EQ(made.error().cause, "missing: the compiler for alpha-linux and the library");
  const bool apt = apt_facts(machine_).present;
  EXPECT_EQ(made.error().hint, apt ? "sudo apt install cc-for-alpha && fetch-std alpha"
                                   : "install what Debian calls cc-for-alpha && fetch-std alpha");
}

TEST_F(HostImage, AProgramThatTheProjectNamesIsToldByItsName) {
  target_.name = "x64";
  placeholders_["cc"] = "no-such-cc";
  recipe_.needs.push_back({"a C compiler", "{cc}", "", "gcc"});
  const auto made = try_image();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().cause, "missing: a C compiler (`no-such-cc`)");
  EXPECT_EQ(made.error().hint, "install `no-such-cc`, or name another in [target.x64] of larder.toml");
}

TEST_F(HostImage, WhatIsToldIsOfTheToolchainThatLacksLeast) {
  recipe_.toolchains.push_back(dir_.path() + "/other");
  recipe_.needs.push_back({"another thing", "no-such-thing", "", ""});
  const auto made = try_image();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().cause, "missing: another thing");
}

TEST_F(HostImage, WhereNothingIsKnownTheDoctorIs) {
  recipe_.needs = {{"magic", "no-such-tool", "", ""}};
  const auto made = try_image();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().hint, "see `larder doctor`");
}

TEST_F(HostImage, AnUnknownPlaceholderIsWrongUsage) {
  recipe_.needs = {{"the compiler", "{compilre}", "", ""}};
  const auto made = try_image();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::usage);
}

TEST_F(HostImage, ChecksForTheDoctorSayWhereEachIs) {
  recipe_.needs.push_back({"the library", "", "{toolchain}/lib/none", "libnone"});
  const auto needs = must(check_needs(recipe_, target_, machine_, placeholders_, dir_.path()));
  ASSERT_EQ(needs.size(), 2U);
  EXPECT_EQ(needs[0].what, "the compiler");
  EXPECT_EQ(needs[0].found, dir_.path() + "/tools/bin/compiler");
  EXPECT_EQ(needs[1].found, "");
  EXPECT_EQ(needs[1].package, "libnone");
}

}  // namespace
}  // namespace larder::image
