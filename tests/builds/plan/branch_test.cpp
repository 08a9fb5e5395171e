#include "builds/plan/branch.hpp"

#include <gtest/gtest.h>

#include "support/files.hpp"
#include "support/scoped_variable.hpp"
#include "support/temp_dir.hpp"

namespace larder::builds {
namespace {

using namespace test;

class BranchTest : public ::testing::Test {
 protected:
  BranchTest() {
    put_file(dir_.fd(), "app/.git/HEAD", "ref: refs/heads/feature/one\n");
    put_dir(dir_.fd(), "app/.git/objects");
    put_dir(dir_.fd(), "app/.git/refs");
    put_dir(dir_.fd(), "app/inside");
  }
  std::string app() const { return dir_.path() + "/app"; }

  TempDir dir_;
  ScopedVariable ci_{"CI", ""};
  ScopedVariable own_{"LARDER_BRANCH", ""};
  ScopedVariable github_{"GITHUB_HEAD_REF", ""};
};

TEST_F(BranchTest, IsWhatGitHasCheckedOut) {
  EXPECT_EQ(branch_of(app()).name, "feature/one");
  EXPECT_EQ(branch_of(app() + "/inside").name, "feature/one");
  EXPECT_EQ(branch_of(app()).default_branch, "main");
}

TEST_F(BranchTest, OfADetachedHeadIsNone) {
  put_file(dir_.fd(), "app/.git/HEAD", std::string(40, 'a') + "\n");
  EXPECT_EQ(branch_of(app()).name, "");
}

TEST_F(BranchTest, ANameThatIsNoTextHasOneThatStandsForIt) {
  for (const std::string& name : {std::string("caf\xe9"), std::string(300, 'x')}) {
    put_file(dir_.fd(), "app/.git/HEAD", "ref: refs/heads/" + name + "\n");
    EXPECT_TRUE(branch_of(app()).name.starts_with("sha256-")) << name;
  }
  put_file(dir_.fd(), "app/.git/HEAD", "ref: refs/heads/caf\xc3\xa9\n");
  EXPECT_EQ(branch_of(app()).name, "caf\xc3\xa9");
}

TEST_F(BranchTest, TheDefaultIsOrigins) {
  put_file(dir_.fd(), "app/.git/refs/remotes/origin/HEAD", "ref: refs/remotes/origin/trunk\n");
  EXPECT_EQ(branch_of(app()).default_branch, "trunk");
}

TEST_F(BranchTest, WithoutARepositoryIsTheDefault) {
  put_dir(dir_.fd(), "plain");
  EXPECT_EQ(branch_of(dir_.path() + "/plain").name, "main");
}

TEST_F(BranchTest, TheCallerAndCiSayOtherwise) {
  const ScopedVariable github("GITHUB_HEAD_REF", "from-a-fork");
  EXPECT_EQ(branch_of(app()).name, "feature/one") << "a variable of CI's outside of CI";
  const ScopedVariable ci("CI", "true");
  EXPECT_EQ(branch_of(app()).name, "from-a-fork");
  const ScopedVariable own("LARDER_BRANCH", "mine");
  EXPECT_EQ(branch_of(app()).name, "mine");
}

}  // namespace
}  // namespace larder::builds
