#include "source/git_state.hpp"

#include <gtest/gtest.h>

#include "support/files.hpp"
#include "support/temp_dir.hpp"

namespace larder::source {
namespace {

class GitState : public ::testing::Test {
 protected:
  GitState() {
    put("HEAD", "ref: refs/heads/main\n");
    put("refs/heads/main", "1111\n");
    put("packed-refs", "# pack-refs\n2222 refs/heads/old\n");
  }
  void put(const std::string& path, const std::string& text) { test::put_file(dir_.fd(), ".git/" + path, text); }
  std::string state() { return git_state(os_, dir_.path()); }
  std::string refs() { return git_refs(os_, dir_.path()); }

  test::TempDir dir_;
  Os os_;
};

TEST_F(GitState, IsOfTheCommitAndTheTagsAndNoBranchs) {
  const std::string before = state();
  put("refs/heads/other", "1111\n");
  put("HEAD", "ref: refs/heads/other\n");
  EXPECT_EQ(state(), before);
  put("refs/tags/v1", "1111\n");
  EXPECT_NE(state(), before);
}

TEST_F(GitState, RefsAreOfTheBranchsNameAndOfAll) {
  const std::string before = refs();
  put("refs/heads/other", "1111\n");
  const std::string with_other = refs();
  EXPECT_NE(with_other, before);
  put("HEAD", "ref: refs/heads/other\n");
  EXPECT_NE(refs(), with_other);
  put("packed-refs", "# pack-refs\n3333 refs/heads/old\n");
  const std::string with_packed = refs();
  put("refs/remotes/origin/main", "4444\n");
  EXPECT_NE(refs(), with_packed);
}

TEST_F(GitState, IsEmptyOutsideOfARepository) {
  test::TempDir other;
  EXPECT_EQ(git_refs(os_, other.path()), "");
}

}  // namespace
}  // namespace larder::source
