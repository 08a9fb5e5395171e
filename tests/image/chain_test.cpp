#include "image/chain.hpp"

#include <gtest/gtest.h>

#include "config/tables.hpp"
#include "support/must.hpp"

namespace larder::image {
namespace {

using test::must;
using Words = std::vector<std::string>;

/// The chains of Larder's own recipes and targets, on a machine that is amd64.
class Chains : public ::testing::Test {
 protected:
  Result<Chain> try_chain(const std::string& target_name, const std::string& image = "debian:bookworm") {
    const config::Target named = must(targets_.find(target_name));
    config::Target target = with_zig_ ? config::with_zig(named) : named;
    if (images_own_) target.toolchain = config::Toolchain::image;
    return chain_for(must(parse_reference(image, "/")), recipe_, target, must(targets_.find("x64")),
                     config::target_placeholders(target), project_, rust_);
  }

  Chain chain(const std::string& target_name, const std::string& image = "debian:bookworm") {
    return must(try_chain(target_name, image));
  }

  static bool has(const Step& step, const std::string& word) {
    return std::find(step.request.begin(), step.request.end(), word) != step.request.end();
  }

  void use_recipe(const std::string& name) { recipe_ = must(recipes_.find(name)); }

  config::TargetTable targets_ = must(config::load_targets(""));
  config::RecipeTable recipes_ = must(config::load_recipes(""));
  config::Recipe recipe_ = must(recipes_.find("make"));
  config::Project project_;
  std::optional<RustPin> rust_;
  bool with_zig_ = false;
  bool images_own_ = false;
};

TEST_F(Chains, BeginWithTheBase) {
  const Chain made = chain("x64");
  EXPECT_EQ(made.steps.front(), (Step{StepKind::base, {"debian:bookworm"}}));
  EXPECT_EQ(made.reference.text, "debian:bookworm");
}

TEST_F(Chains, OnDebianTheyInstallWhatTheRecipeNeeds) {
  const Chain made = chain("x64");
  ASSERT_EQ(made.steps.size(), 2U) << "what the machine's own target takes is there already";
  EXPECT_EQ(made.steps[1].kind, StepKind::packages);
  EXPECT_TRUE(has(made.steps[1], "make"));
  EXPECT_TRUE(has(made.steps[1], "gcc"));
  EXPECT_TRUE(std::is_sorted(made.steps[1].request.begin(), made.steps[1].request.end()));
}

TEST_F(Chains, APinnedRustStandsForDebians) {
  use_recipe("cargo");
  rust_ = RustPin{"1.85", "rust-toolchain.toml"};
  const Chain made = chain("musl-arm64");
  ASSERT_EQ(made.steps.size(), 5U);
  EXPECT_TRUE(has(made.steps[1], "curl"));
  EXPECT_TRUE(has(made.steps[1], "gcc"));
  EXPECT_EQ(made.steps[2], (Step{StepKind::rust, {"1.85", "host:x86_64-unknown-linux-gnu"}}));
  EXPECT_EQ(made.steps[3], (Step{StepKind::rust, {"target:aarch64-unknown-linux-musl"}}));
  EXPECT_EQ(made.steps[4].kind, StepKind::packages) << "the target's compilers";
  for (const Step& step : made.steps)
    for (const char* package : {"cargo-web", "rustc-web", "libstd-rust-web-dev"})
      EXPECT_FALSE(has(step, package)) << package;
  EXPECT_EQ(chain("x64").steps.size(), 4U) << "its library is there";
  rust_->targets = {"aarch64-unknown-linux-musl"};
  EXPECT_EQ(chain("musl-arm64").steps.size(), 4U);
  EXPECT_EQ(chain("x64", "docker.io/library/rust:1").steps.size(), 1U) << "another image has its own";
}

TEST_F(Chains, ZigIsTheSameForAllRecipes) {
  const Chain plain = chain("musl-x64");
  with_zig_ = true;
  const Chain made = chain("musl-x64");
  ASSERT_EQ(made.steps.size(), plain.steps.size() + 3);
  EXPECT_TRUE(has(made.steps[1], "python3-pip-whl"));
  EXPECT_EQ(made.steps[2], (Step{StepKind::zig, {"ziglang"}}));
  EXPECT_EQ(made.steps[3].kind, StepKind::commands);
  EXPECT_TRUE(has(made.steps[5], "musl-dev")) << "libraries are looked for by their files";
  const Chain other = chain("musl-arm64");
  EXPECT_EQ(other.steps[2], made.steps[2]);
  EXPECT_NE(other.steps[3], made.steps[3]);
  EXPECT_TRUE(has(other.steps[5], "gcc-aarch64-linux-gnu")) << "zig has no strip";
  use_recipe("cmake");
  const Chain of_cmake = chain("musl-x64");
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(of_cmake.steps[i], made.steps[i]);
  EXPECT_EQ(chain("musl-x64", "oci:/srv/tools").steps.size(), 1U);
}

TEST_F(Chains, AnImagesOwnCompilersAreNotInstalled) {
  images_own_ = true;
  EXPECT_EQ(chain("arm64").steps.size(), 2U);
  use_recipe("cargo");
  const Chain made = chain("arm64");
  ASSERT_EQ(made.steps.size(), 4U);
  EXPECT_EQ(made.steps[3].request, Words{"libstd-rust-web-dev:arm64"}) << "that is no compiler of C";
}

TEST_F(Chains, TargetsShareWhatIsForAllOfThem) {
  const Chain own = chain("x64");
  const Chain other = chain("arm64");
  ASSERT_EQ(other.steps.size(), 3U);
  EXPECT_EQ(other.steps[1], own.steps[1]);
  EXPECT_TRUE(has(other.steps[2], "gcc-aarch64-linux-gnu"));
}

TEST_F(Chains, OtherBasesAreExpectedToHaveWhatTheRecipeNeeds) {
  EXPECT_EQ(chain("x64", "docker.io/library/gcc:12").steps.size(), 1U);
  EXPECT_EQ(chain("arm64", "oci:/srv/tools").steps.size(), 1U);
}

TEST_F(Chains, AProjectAddsPackagesAndThenCommands) {
  project_.packages = {"libsqlite3-dev"};
  project_.prepare = {"echo one"};
  const Chain made = chain("x64", "docker.io/library/gcc:12");
  ASSERT_EQ(made.steps.size(), 3U);
  EXPECT_EQ(made.steps[1], (Step{StepKind::packages, {"libsqlite3-dev"}}));
  EXPECT_EQ(made.steps[2], (Step{StepKind::commands, {"echo one"}}));
}

TEST_F(Chains, OfManyLinesTheRestIsOneStep) {
  for (int i = 0; i < 50; ++i) project_.prepare.push_back("echo " + std::to_string(i));
  const Chain made = chain("x64", "oci:/srv/tools");
  ASSERT_EQ(made.steps.size(), 42U);
  EXPECT_EQ(made.steps[40].request, Words{"echo 39"});
  EXPECT_EQ(made.steps[41].request.size(), 10U);
}

TEST_F(Chains, ATargetAddsToTheProjects) {
  project_.packages = {"a"};
  project_.prepare = {"echo all"};
  project_.of_target["arm64"].packages = {"b"};
  project_.of_target["arm64"].prepare = {"echo one"};
  const Chain made = chain("arm64", "oci:/srv/tools");
  EXPECT_EQ(made.steps[1].request, (Words{"a", "b"}));
  EXPECT_EQ(made.steps[2].request, Words{"echo all"}) << "each line is a step";
  EXPECT_EQ(made.steps[3].request, Words{"echo one"});
  EXPECT_EQ(chain("x64", "oci:/srv/tools").steps[1].request, Words{"a"});
}

TEST_F(Chains, AnArchitectureFollowsTheTarget) {
  project_.packages = {"libfuse-dev:target", "libz-dev:{debian_arch}", "jq:amd64"};
  EXPECT_EQ(chain("arm64", "oci:/x").steps[1].request, (Words{"jq", "libfuse-dev:arm64", "libz-dev:arm64"}));
  EXPECT_EQ(chain("x64", "oci:/x").steps[1].request, (Words{"jq", "libfuse-dev", "libz-dev"}));
}

TEST_F(Chains, ALibraryOfDebiansIsNotForAnotherLibc) {
  project_.packages = {"libsqlite3-dev:target"};
  EXPECT_TRUE(try_chain("x64"));
  for (const char* target : {"musl-x64", "musl-arm64"}) {
    const auto refused = try_chain(target);
    ASSERT_FALSE(refused) << target;
    EXPECT_EQ(refused.error().message, std::string("libsqlite3-dev cannot be had for ") + target);
    EXPECT_EQ(refused.error().cause, "Debian builds it for glibc; there is no musl build of it in Debian");
    EXPECT_NE(refused.error().hint.find("alpine"), std::string::npos);
  }
  EXPECT_FALSE(try_chain("windows-x64"));
  EXPECT_FALSE(try_chain("musl-x64", "rust:1-bookworm"));
  project_.packages = {"musl-dev:target", "linux-libc-dev:target", "jq"};
  EXPECT_TRUE(try_chain("musl-arm64"));
}

TEST_F(Chains, NothingIsInstalledTwice) {
  project_.packages = {"make", "gcc"};
  EXPECT_EQ(chain("x64").steps.size(), 2U);
}

TEST_F(Chains, OrderInAListOfPackagesMakesNoDifference) {
  project_.packages = {"b", "a"};
  const Chain made = chain("x64", "oci:/x");
  project_.packages = {"a", "b", "a"};
  EXPECT_EQ(chain("x64", "oci:/x").steps, made.steps);
}

TEST_F(Chains, ScriptsOfARecipeRunForTheirLibcOnly) {
  use_recipe("cargo");
  const auto commands = [](const Chain& made) {
    return std::count_if(made.steps.begin(), made.steps.end(),
                         [](const Step& step) { return step.kind == StepKind::commands; });
  };
  EXPECT_EQ(commands(chain("x64")), 1);
  EXPECT_EQ(commands(chain("musl-x64")), 2);
  EXPECT_NE(chain("musl-x64").steps.back(), chain("musl-arm64").steps.back()) << "their arguments differ";
}

TEST_F(Chains, WhatDebianHasNoPackageForIsAnError) {
  recipe_.needs.push_back({"a compiler for {target}", "", "", "target:ada"});
  const auto refused = try_chain("arm64");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "debian:bookworm cannot build for arm64");
  EXPECT_EQ(refused.error().cause, "Debian has no package with a compiler for arm64");
  EXPECT_TRUE(try_chain("arm64", "oci:/x")) << "other images may have it";
}

}  // namespace
}  // namespace larder::image
