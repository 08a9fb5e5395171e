#include "store/layer/merged_tree.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "support/child.hpp"
#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

class ViewTest : public ::testing::Test {
 protected:
  int dir() const { return temp_.store.dir(); }

  /// Path and content of files, "/" for directories.
  Files shown(const std::vector<std::string>& roots) {
    Files all;
    must(must(MergedTree::open(temp_.store, roots)).walk([&](const MergedEntry& entry) -> Status {
      all[entry.path] = S_ISREG(entry.status.st_mode) ? get_file(entry.dir, entry.name) : "/";
      return {};
    }));
    expect_find_agrees(roots, all);
    return all;
  }

  /// `find` must know exactly what `walk` shows.
  void expect_find_agrees(const std::vector<std::string>& roots, const Files& all) {
    const MergedTree merged = must(MergedTree::open(temp_.store, roots));
    for (const auto& [path, content] : all) {
      const auto found = must(merged.find(path));
      ASSERT_TRUE(found) << path;
      const bool directory = S_ISDIR(found->status.st_mode);
      EXPECT_EQ(directory ? "/" : get_file(found->dir.get(), found->name), content) << path;
    }
    for (const std::string& root : roots)
      for (const auto& [path, what] : directory_snapshot(must(temp_.os.open_dir(dir(), root)).get()))
        EXPECT_EQ(must(merged.find(path)).has_value(), all.count(path) == 1) << path << " " << what;
  }

  TempStore temp_;
};

TEST_F(ViewTest, OfNothingIsEmpty) { EXPECT_EQ(shown({}), Files()); }

TEST_F(ViewTest, UpperFilesHideLowerOnes) {
  put_file(dir(), "low/a", "low");
  put_file(dir(), "low/b", "low");
  put_file(dir(), "up/b", "up");
  put_file(dir(), "up/c", "up");
  EXPECT_EQ(shown({"low", "up"}), Files({{"a", "low"}, {"b", "up"}, {"c", "up"}}));
  EXPECT_EQ(shown({"up", "low"}), Files({{"a", "low"}, {"b", "low"}, {"c", "up"}}));
}

TEST_F(ViewTest, AFolderThatItsOwnerCannotReadIsShownAllTheSame) {
  put_file(dir(), "a/tree/closed/file", "1");
  must(temp_.os.chmod(dir(), "a/tree/closed", 0));
  EXPECT_EQ(shown({"a/tree"}), (Files{{"closed", "/"}, {"closed/file", "1"}}));
}

TEST_F(ViewTest, DirectoriesMerge) {
  put_file(dir(), "low/d/a", "low");
  put_file(dir(), "mid/d/e/b", "mid");
  put_file(dir(), "up/d/e/c", "up");
  EXPECT_EQ(shown({"low", "mid", "up"}),
            Files({{"d", "/"}, {"d/a", "low"}, {"d/e", "/"}, {"d/e/b", "mid"}, {"d/e/c", "up"}}));
}

TEST_F(ViewTest, AWhiteoutDeletes) {
  put_file(dir(), "low/a", "low");
  put_file(dir(), "low/d/b", "low");
  put_file(dir(), "low/kept", "low");
  put_whiteout(dir(), "up/a");
  put_whiteout(dir(), "up/d");
  put_whiteout(dir(), "up/never-was");
  EXPECT_EQ(shown({"low", "up"}), Files({{"kept", "low"}}));
}

TEST_F(ViewTest, WhatComesAfterAWhiteoutStartsAnew) {
  put_file(dir(), "low/d/old", "low");
  put_whiteout(dir(), "mid/d");
  put_file(dir(), "up/d/new", "up");
  EXPECT_EQ(shown({"low", "mid", "up"}), Files({{"d", "/"}, {"d/new", "up"}}));
}

TEST_F(ViewTest, AFileBetweenTwoDirectoriesKeepsThemApart) {
  put_file(dir(), "low/d/old", "low");
  put_file(dir(), "mid/d", "a file");
  put_file(dir(), "up/d/new", "up");
  EXPECT_EQ(shown({"low", "mid", "up"}), Files({{"d", "/"}, {"d/new", "up"}}));
  EXPECT_EQ(shown({"low", "mid"}), Files({{"d", "a file"}}));
}

TEST_F(ViewTest, AnOpaqueDirectoryHidesWhatIsBelow) {
  put_file(dir(), "low/d/old", "low");
  put_file(dir(), "low/d/e/old", "low");
  put_opaque_dir(dir(), "mid/d");
  put_file(dir(), "mid/d/mid", "mid");
  put_file(dir(), "up/d/e/new", "up");
  EXPECT_EQ(shown({"low", "mid", "up"}), Files({{"d", "/"}, {"d/mid", "mid"}, {"d/e", "/"}, {"d/e/new", "up"}}));
}

TEST_F(ViewTest, AnOpaqueMarkOfAnotherValueMeansNothing) {
  put_file(dir(), "low/d/old", "low");
  put_dir(dir(), "up/d");
  must(temp_.os.set_xattr(dir(), "up/d", "user.overlay.opaque", "x"));
  EXPECT_EQ(shown({"low", "up"}), Files({{"d", "/"}, {"d/old", "low"}}));
}

TEST_F(ViewTest, TheUppermostDirectorysModeAndTimeAreShown) {
  put_file(dir(), "low/d/a", "");
  put_file(dir(), "up/d/b", "");
  must(temp_.os.chmod(dir(), "up/d", 0750));
  set_mtime(dir(), "up/d", 5, 7);
  EXPECT_EQ(snapshot(temp_.store, {"low", "up"}).at("d"), "d 750 5.000000007");
}

TEST_F(ViewTest, OtherDevicesAreNoWhiteouts) {
  struct stat status {};
  status.st_mode = S_IFCHR;
  status.st_rdev = makedev(1, 3);
  EXPECT_FALSE(is_whiteout(status));
  status.st_rdev = makedev(0, 0);
  EXPECT_TRUE(is_whiteout(status));
  status.st_mode = S_IFBLK;
  EXPECT_FALSE(is_whiteout(status));
}

TEST_F(ViewTest, NamesMayBeAnyBytes) {
  const std::string longest(255, '\xfe');
  put_file(dir(), "low/" + longest, "1");
  put_file(dir(), "low/a\nb", "2");
  put_file(dir(), "low/-", "3");
  EXPECT_EQ(shown({"low"}), Files({{longest, "1"}, {"a\nb", "2"}, {"-", "3"}}));
}

TEST_F(ViewTest, WalksADirectoryBeforeWhatIsInIt) {
  put_file(dir(), "low/a/x", "");
  put_file(dir(), "low/a-", "");
  std::vector<std::string> order;
  must(must(MergedTree::open(temp_.store, {"low"})).walk([&](const MergedEntry& entry) -> Status {
    order.push_back(entry.path);
    return {};
  }));
  EXPECT_EQ(order, std::vector<std::string>({"a", "a/x", "a-"}));
}

TEST_F(ViewTest, StopsAtTheFirstError) {
  put_file(dir(), "low/a", "");
  put_file(dir(), "low/b", "");
  int visited = 0;
  const Status walked = must(MergedTree::open(temp_.store, {"low"})).walk([&](const MergedEntry&) -> Status {
    ++visited;
    return fail(ErrorCode::usage, "enough");
  });
  EXPECT_EQ(walked.error().message, "enough");
  EXPECT_EQ(visited, 1);
}

/// A registry's source folder holds a directory for each crate, more than a process may have descriptors.
TEST_F(ViewTest, ManyDirectoriesNeedFewDescriptors) {
  for (int i = 0; i < 300; ++i) {
    put_dir(dir(), "low/crate-" + std::to_string(i));
    put_dir(dir(), "up/crate-" + std::to_string(i));
  }
  const int code = exit_code_of([&] {
    const rlimit few{64, 64};
    must(::setrlimit(RLIMIT_NOFILE, &few) == 0, "cannot set the limit");
    size_t count = 0;
    must(must(MergedTree::open(temp_.store, {"low", "up"})).walk([&](const MergedEntry&) -> Status {
      ++count;
      return {};
    }));
    must(count == 300, "wrong count");
  });
  EXPECT_EQ(code, 0);
}

TEST_F(ViewTest, LeaksNoDescriptor) {
  put_file(dir(), "low/a/b/c", "");
  put_file(dir(), "up/a/b/d", "");
  const int before = open_fds();
  shown({"low", "up"});
  EXPECT_EQ(open_fds(), before);
}

TEST_F(ViewTest, AMissingRootIsAnError) { EXPECT_FALSE(MergedTree::open(temp_.store, {"layers/nothing/tree"})); }

}  // namespace
}  // namespace larder::store
