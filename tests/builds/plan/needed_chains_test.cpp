#include "builds/plan/needed_chains.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "builds/plan/make_plan.hpp"
#include "support/files.hpp"
#include "support/must.hpp"
#include "support/scoped_variable.hpp"
#include "support/temp_dir.hpp"

namespace larder::builds {
namespace {

using test::must;
using test::ScopedVariable;

/// With a project in the folder `app`.
class NeededChains : public ::testing::Test {
 protected:
  NeededChains() {
    put("app/larder.toml", "[project]\nname = \"app\"\ntargets = [\"x64\"]\n");
    folder_ = std::filesystem::canonical(dir_.path() + "/app").string();
  }

  void put(const std::string& path, const std::string& content) { test::put_file(dir_.fd(), path, content); }

  Plan plan(const std::string& below = "", const std::string& image = "") const {
    Request request;
    request.start = below.empty() ? folder_ : folder_ + "/" + below;
    request.image = image;
    return must(make_plan(find_project_folder(request.start), request));
  }

  /// How many of the needed chains have a step in whose request there is such a word.
  static long with_word(const Plan& plan, const std::string& word) {
    const auto chains = plan.needed_chains();
    if (!chains) return -1;
    return std::count_if(chains->begin(), chains->end(), [&](const image::Chain& chain) {
      return std::any_of(chain.steps.begin(), chain.steps.end(), [&](const image::Step& step) {
        return std::find(step.request.begin(), step.request.end(), word) != step.request.end();
      });
    });
  }

  test::TempDir dir_;
  std::string folder_;
  ScopedVariable image_{"LARDER_IMAGE", std::nullopt};
  ScopedVariable rustup_toolchain_{"RUSTUP_TOOLCHAIN", std::nullopt};
  ScopedVariable config_{"XDG_CONFIG_HOME", dir_.path() + "/config"};
  ScopedVariable rustup_{"RUSTUP_HOME", dir_.path() + "/no-rustup"};
};

TEST_F(NeededChains, WithAnImageOfTheCallersThoseOfTheProjectsOwnAreAmongThem) {
  put("app/Makefile", "all:\n");
  EXPECT_EQ(with_word(plan(), "example.org/tools:1"), 0);
  const Plan other = plan("", "example.org/tools:1");
  EXPECT_GE(with_word(other, "example.org/tools:1"), 1);
  EXPECT_GE(with_word(other, "debian:bookworm"), 1);
}

TEST_F(NeededChains, AToolchainOfAMembersIsNeededFromEachFolder) {
  put("app/Cargo.toml", "[workspace]\nmembers = [\"one\", \"two\"]\n");
  for (const char* member : {"one", "two"}) {
    put(std::string("app/") + member + "/Cargo.toml", std::string("[package]\nname = \"") + member + "\"\n");
    put(std::string("app/") + member + "/src/lib.rs", "");
  }
  put("app/two/rust-toolchain.toml", "[toolchain]\nchannel = \"1.85\"\n");
  for (const char* start : {"", "one", "two"}) {
    EXPECT_GE(with_word(plan(start), "1.85"), 1) << start;
    EXPECT_GE(with_word(plan(start), "cargo-web"), 1) << start;
  }
}

TEST_F(NeededChains, WhereTheProjectsFolderHasNoRecipeThoseBelowItCount) {
  put("app/rust/Cargo.toml", "[package]\nname = \"a\"\n");
  put("app/c/CMakeLists.txt", "project(c C)\n");
  put("app/alone/larder.toml", "");
  put("app/alone/go.mod", "module a\n");
  for (const char* start : {"rust", "c"}) {
    EXPECT_GE(with_word(plan(start), "cargo-web"), 1) << start;
    EXPECT_GE(with_word(plan(start), "cmake"), 1) << start;
    EXPECT_EQ(with_word(plan(start), "golang-go"), 0) << start;
  }
}

TEST_F(NeededChains, NobodyCanTellWhereTheEnvironmentDecides) {
  put("app/Makefile", "all:\n");
  const ScopedVariable image("LARDER_IMAGE", "debian:trixie");
  EXPECT_FALSE(plan().needed_chains);
}

TEST_F(NeededChains, NobodyCanTellWhereABuildCannotBePlanned) {
  put("app/Makefile", "all:\n");
  const Plan planned = plan();
  put("app/larder.toml", "[project]\ntargets = [\"no-such-target\"]\n");
  EXPECT_FALSE(planned.needed_chains());
}

}  // namespace
}  // namespace larder::builds
