#include "source/git_state.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/files.hpp"
#include "support/temp_dir.hpp"

namespace larder::source {
namespace {

using test::must;

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

TEST_F(GitState, IsOfSubmodulesToo) {
  test::put_file(dir_.fd(), ".gitmodules",
                 "[submodule \"sub\"]\n\tpath = sub\n\turl = x\n\tpath = ../out\n\tpath = .\n");
  test::put_file(dir_.fd(), "sub/.git", "gitdir: ../.git/modules/sub\n");
  put("modules/sub/HEAD", "5555\n");
  const std::string before = state();
  put("modules/sub/HEAD", "6666\n");
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

/// As gitformat-index(5) has it, version 2: of files without stamps and a checksum.
TEST_F(GitState, GitReadsWhatItsIndexDoesNotKnow) {
  const auto entry = [](char name) {
    return std::string(60, '\0') + std::string("\0\1", 2) + name + std::string(7, '\0');
  };
  put("index", std::string("DIRC\0\0\0\2\0\0\0\2", 12) + entry('a') + entry('b') + std::string(20, '\0'));
  test::put_file(dir_.fd(), "a", "1");
  test::put_file(dir_.fd(), "c", "1");
  const Walk seen = must(walk(os_, dir_.path(), {}, 1));
  const auto paths = read_by_git(os_, seen);
  EXPECT_TRUE(std::find(paths.begin(), paths.end(), "a") != paths.end());
  EXPECT_TRUE(std::find(paths.begin(), paths.end(), "c") == paths.end()) << "it is not tracked";
  EXPECT_TRUE(read_by_git(os_, Walk{}).empty());
}

TEST_F(GitState, IsEmptyOutsideOfARepository) {
  test::TempDir other;
  EXPECT_EQ(git_refs(os_, other.path()), "");
}

}  // namespace
}  // namespace larder::source
