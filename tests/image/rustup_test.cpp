#include "image/rustup.hpp"

#include <gtest/gtest.h>

#include "support/files.hpp"
#include "support/must.hpp"
#include "support/scoped_variable.hpp"
#include "support/temp_dir.hpp"

namespace larder::image {
namespace {

using test::must;
using test::ScopedVariable;
using Words = std::vector<std::string>;

class Rustup : public ::testing::Test {
 protected:
  Rustup() {
    test::put_dir(dir_.fd(), "project/crate");
    settings("default_toolchain = \"stable-test-host\"\n");
    for (const char* name : {"stable-test-host", "1.75-test-host", "nightly-test-host", "own"}) install(name);
  }

  void settings(const std::string& more) {
    test::put_file(dir_.fd(), "rustup/settings.toml", "version = \"12\"\ndefault_host_triple = \"test-host\"\n" + more);
  }
  void install(const std::string& name) { test::put_dir(dir_.fd(), "rustup/toolchains/" + name + "/bin"); }
  void put(const std::string& path, const std::string& text) { test::put_file(dir_.fd(), "project/" + path, text); }

  /// The toolchain's name for project/crate.
  std::string chosen() { return chosen_for("project/crate"); }
  std::string chosen_for(const std::string& folder) {
    const auto pin = must(rust_pin(dir_.path() + "/" + folder));
    const std::string root = pin ? installed_toolchain(pin->name) : default_toolchain();
    const std::string prefix = dir_.path() + "/rustup/toolchains/";
    return root.starts_with(prefix) ? root.substr(prefix.size()) : root;
  }

  test::TempDir dir_;
  ScopedVariable home_{"HOME", dir_.path() + "/home"};
  ScopedVariable rustup_home_{"RUSTUP_HOME", dir_.path() + "/rustup"};
  ScopedVariable toolchain_{"RUSTUP_TOOLCHAIN", std::nullopt};
};

TEST_F(Rustup, WhatIsPinnedAndByWhat) {
  const std::string crate = dir_.path() + "/project/crate";
  EXPECT_FALSE(must(rust_pin(crate)));
  put("rust-toolchain.toml", "[toolchain]\nchannel = \"1.60\"\n");
  EXPECT_FALSE(must(rust_pin_in(crate)));
  for (const auto& pin : {must(rust_pin(crate)), must(rust_pin_in(dir_.path() + "/project"))}) {
    ASSERT_TRUE(pin);
    EXPECT_EQ(pin->name, "1.60");
    EXPECT_EQ(pin->said_by, "rust-toolchain.toml");
  }
  const ScopedVariable variable("RUSTUP_TOOLCHAIN", "nightly");
  EXPECT_EQ(must(rust_pin(crate))->name, "nightly");
}

TEST_F(Rustup, ComponentsTargetsAndTheProfile) {
  put("rust-toolchain.toml",
      "[toolchain]\nchannel = \"1.60\"\nprofile = \"minimal\"\ncomponents = [\"clippy\", \"rust-src\"]\n"
      "targets = [\"wasm32-unknown-unknown\"]\n");
  const RustPin pin = *must(rust_pin_in(dir_.path() + "/project"));
  EXPECT_EQ(pin.profile, "minimal");
  EXPECT_EQ(pin.components, (Words{"clippy", "rust-src"}));
  EXPECT_EQ(pin.targets, Words{"wasm32-unknown-unknown"});
  put("rust-toolchain.toml", "[toolchain]\ncomponents = [\"clippy\"]\n");
  EXPECT_EQ(must(rust_pin_in(dir_.path() + "/project"))->name, "");
  EXPECT_EQ(chosen(), "stable-test-host") << "rustup's default, with the component";
}

TEST_F(Rustup, WhatAnInstalledToolchainLacks) {
  const std::string root = dir_.path() + "/rustup/toolchains/own";
  const RustPin pin{"own", "", "", {"clippy", "rust-src"}};
  EXPECT_EQ(missing_components(root, pin), Words{}) << "one that was linked has no list";
  test::put_file(dir_.fd(), "rustup/toolchains/own/lib/rustlib/components",
                 "rustc-test-host\nclippy-preview-test-host\n");
  EXPECT_EQ(missing_components(root, pin), Words{"rust-src"});
}

TEST_F(Rustup, AToolchainByItsPath) {
  put("rust-toolchain.toml", "[toolchain]\npath = \"tools/rust\"\n");
  EXPECT_EQ(must(rust_pin(dir_.path() + "/project/crate"))->name, dir_.path() + "/project/tools/rust");
  EXPECT_EQ(installed_toolchain(dir_.path() + "/project/tools/rust"), "");
  test::put_dir(dir_.fd(), "project/tools/rust/bin");
  EXPECT_EQ(chosen(), dir_.path() + "/project/tools/rust");
}

TEST(PinnedVersion, OfAChannel) {
  for (const auto& [name, version] : {std::pair("1.85", "1.85.0"), std::pair("1.85.0", "1.85.0"),
                                      std::pair("1.85.0-x86_64-unknown-linux-gnu", "1.85.0"),
                                      std::pair("stable", "1.85.0"), std::pair("1", "1.85.0")})
    EXPECT_TRUE(is_pinned_version(name, version)) << name;
  for (const auto& [name, version] :
       {std::pair("1.8", "1.85.0"), std::pair("1.85.1", "1.85.0"), std::pair("nightly", "1.85.0"),
        std::pair("nightly-2026-01-15", "1.85.0"), std::pair("beta", "1.85.0"), std::pair("stable", "1.87.0-nightly"),
        std::pair("own", "1.85.0"), std::pair("1.85", ""), std::pair("stable", ""), std::pair("", "1.85.0")})
    EXPECT_FALSE(is_pinned_version(name, version)) << name;
}

TEST_F(Rustup, TheDefaultWhereNothingElseIsSaid) { EXPECT_EQ(chosen(), "stable-test-host"); }

TEST_F(Rustup, NoneWithoutRustup) {
  const ScopedVariable nowhere("RUSTUP_HOME", dir_.path() + "/absent");
  EXPECT_EQ(chosen(), "");
}

TEST_F(Rustup, ItsHomeIsInTheUsersHome) {
  const ScopedVariable unset("RUSTUP_HOME", std::nullopt);
  EXPECT_EQ(chosen(), "");
  test::put_file(dir_.fd(), "home/.rustup/settings.toml", "default_toolchain = \"mine\"\n");
  test::put_dir(dir_.fd(), "home/.rustup/toolchains/mine/bin");
  EXPECT_EQ(chosen(), dir_.path() + "/home/.rustup/toolchains/mine");
}

TEST_F(Rustup, NoneWithoutAHome) {
  const ScopedVariable no_rustup_home("RUSTUP_HOME", std::nullopt);
  const ScopedVariable no_home("HOME", std::nullopt);
  EXPECT_EQ(chosen(), "");
}

TEST_F(Rustup, NoneWhereTheDefaultIsNone) {
  settings("");
  EXPECT_EQ(chosen(), "");
}

TEST_F(Rustup, NoneWhereItIsNotInstalled) {
  settings("default_toolchain = \"beta-test-host\"\n");
  EXPECT_EQ(chosen(), "");
}

TEST_F(Rustup, TheVariableGoesFirst) {
  const ScopedVariable variable("RUSTUP_TOOLCHAIN", "nightly");
  put("crate/rust-toolchain.toml", "[toolchain]\nchannel = \"1.75\"\n");
  EXPECT_EQ(chosen(), "nightly-test-host");
}

TEST_F(Rustup, AnOverrideOfTheFolderOrOneAboveIt) {
  settings("default_toolchain = \"stable-test-host\"\n[overrides]\n\"" + dir_.path() + "/project\" = \"own\"\n");
  EXPECT_EQ(chosen(), "own");
  EXPECT_EQ(chosen_for("elsewhere"), "stable-test-host");
}

TEST_F(Rustup, TheNearerOfOverrideAndFileGoesFirst) {
  settings("[overrides]\n\"" + dir_.path() + "/project\" = \"own\"\n");
  put("crate/rust-toolchain.toml", "[toolchain]\nchannel = \"1.75\"\n");
  EXPECT_EQ(chosen(), "1.75-test-host");
  put("rust-toolchain.toml", "[toolchain]\nchannel = \"nightly\"\n");
  EXPECT_EQ(chosen_for("project"), "own");
}

TEST_F(Rustup, TheToolchainFileInItsThreeForms) {
  put("rust-toolchain.toml", "[toolchain]\nchannel = \"own\"\ntargets = [\"x\"]\n");
  EXPECT_EQ(chosen(), "own");
  put("rust-toolchain", "nightly\n");
  EXPECT_EQ(chosen(), "nightly-test-host") << "of two files the one with the older name";
  put("rust-toolchain", "[toolchain]\nchannel = \"1.75\"\n");
  EXPECT_EQ(chosen(), "1.75-test-host");
}

TEST_F(Rustup, AFileThatSaysNothingIsAMistake) {
  for (const char* text : {"", "[toolchain]\ncomponents = []\n", "not = toml = at all",
                           "[toolchain]\nchannel = \"1.75\"\npath = \"x\"\n"}) {
    put("crate/rust-toolchain.toml", text);
    const auto pin = rust_pin(dir_.path() + "/project/crate");
    ASSERT_FALSE(pin) << text;
    EXPECT_TRUE(pin.error().message.ends_with("crate/rust-toolchain.toml pins no toolchain")) << pin.error().message;
  }
}

TEST_F(Rustup, AFullNameIsTakenAsItIs) {
  put("rust-toolchain", "1.75-test-host");
  EXPECT_EQ(chosen(), "1.75-test-host");
}

TEST_F(Rustup, ANameCannotLeadElsewhere) {
  test::put_dir(dir_.fd(), "rustup/evil/bin");
  put("rust-toolchain", "../evil");
  EXPECT_EQ(chosen(), "");
}

TEST_F(Rustup, BrokenSettingsAreNone) {
  test::put_file(dir_.fd(), "rustup/settings.toml", "= broken");
  EXPECT_EQ(chosen(), "");
}

}  // namespace
}  // namespace larder::image
