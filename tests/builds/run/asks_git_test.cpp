#include "builds/run/asks_git.hpp"

#include <gtest/gtest.h>

#include "builds/run/project_state.hpp"
#include "builds/support.hpp"

namespace larder::builds {
namespace {

class AskingGit : public ::testing::Test {
 protected:
  std::string asker(const std::vector<std::string>& words) {
    return file_that_asks_git(kit_.os(), kit_.plan, must(look_at_project(kit_.plan, kit_.store()))->entries, words);
  }

  Kit kit_;
};

TEST_F(AskingGit, AMakefileDoesInACommand) {
  kit_.plan.recipe.blind.commit = {"Makefile"};
  kit_.put("Makefile", "all:\n\tgit describe\n");
  EXPECT_EQ(asker({"describe"}), "Makefile");
  EXPECT_EQ(asker({"status"}), "");
}

TEST_F(AskingGit, ASourceDoesInACommandThatGoesOnForLines) {
  kit_.plan.recipe.blind.commit = {"**/build.rs"};
  kit_.plan.recipe.blind.embedded.sources = {"**/*.rs"};
  kit_.put("build.rs", "Command::new(\"git\")\n    .args([\"describe\", \"--dirty\"])\n");
  EXPECT_EQ(asker({"dirty"}), "build.rs");
  EXPECT_EQ(asker({"\"status\""}), "");
  kit_.put("build.rs", "Command::new(\"make\").status();\n");
  EXPECT_EQ(asker({"\"status\""}), "");
}

TEST_F(AskingGit, AMacroDoesThatALockNames) {
  kit_.plan.recipe.blind.embedded.locks = {"Cargo.lock"};
  kit_.plan.recipe.blind.embedded.git_macros = {"\"git-version\""};
  EXPECT_FALSE(macros_ask_git(kit_.os(), kit_.plan));
  kit_.put("Cargo.lock", "name = \"git-versions\"\n");
  EXPECT_FALSE(macros_ask_git(kit_.os(), kit_.plan));
  kit_.put("Cargo.lock", "name = \"git-version\"\n");
  EXPECT_TRUE(macros_ask_git(kit_.os(), kit_.plan));
}

}  // namespace
}  // namespace larder::builds
