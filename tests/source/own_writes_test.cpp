#include "source/own_writes.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "source/kit.hpp"
#include "support/fault_os.hpp"

namespace larder::source {
namespace {

using namespace test;

/// Uppers are written by hand here, as overlayfs would leave them.
class OwnWritesTest : public ::testing::Test {
 protected:
  OwnWritesTest() {
    put_file(work_.project(), "a", "1");
    put_file(work_.project(), "d/x", "2");
    put_file(work_.project(), "d/y", "3");
    put_file(work_.project(), ".git/HEAD", "main");
    for (const char* path : {"a", "d/x", "d/y", "d"}) set_time(work_.project(), path, 5 * one_second);
    walk_ = look(work_.path());
    shown_ = show_all(walk_, clock_now());
    put_dir(store().dir(), "upper");
  }

  const Store& store() const { return work_.store(); }
  static std::string upper(const std::string& path) { return "upper/" + path; }
  bool is_left(const std::string& path) const { return exists(store().dir(), upper(path)); }

  /// A folder of the project as copying up makes it.
  void copy_up_folder(const std::string& path) {
    put_dir(store().dir(), upper(path));
    set_time(store().dir(), upper(path), 5 * one_second);
  }
  void copy_up(const std::string& path, const std::string& content) {
    put_file(store().dir(), upper(path), content);
    set_time(store().dir(), upper(path), 5 * one_second);
  }

  Record collect(const std::string& output = "") {
    return must(collect_own_writes(store(), {"upper", output}, walk_, shown_));
  }
  /// The next build begins with what this one has left.
  void go_on(const Record& record) {
    shown_.entries = record.entries;
    shown_.own = record.own;
    must(remove_tree(os_, store().dir(), "upper"));
    put_dir(store().dir(), "upper");
  }
  static const OwnWrite* find_own(const Record& record, const std::string& path) {
    for (const OwnWrite& write : record.own)
      if (write.path == path) return &write;
    return nullptr;
  }
  static std::vector<std::string> own_paths(const Record& record) {
    std::vector<std::string> all;
    for (const OwnWrite& write : record.own) all.push_back(write.path);
    return all;
  }
  using Paths = std::vector<std::string>;

  Workspace work_;
  Walk walk_;
  Shown shown_;
  Os os_;
};

TEST_F(OwnWritesTest, NothingWrittenIsNothingOwn) {
  const Record record = collect();
  EXPECT_TRUE(record.own.empty());
  EXPECT_EQ(record.entries.size(), walk_.seen.size());
}

TEST_F(OwnWritesTest, ANewFileIsOwnWithNothingReplaced) {
  put_file(store().dir(), upper("new"), "n", 0755);
  set_time(store().dir(), upper("new"), 9 * one_second);
  const Record record = collect();
  ASSERT_EQ(own_paths(record), Paths{"new"});
  EXPECT_EQ(record.own[0].kind, Kind::file);
  EXPECT_EQ(record.own[0].mode, 0755);
  EXPECT_EQ(record.own[0].time, 9 * one_second);
  EXPECT_EQ(record.own[0].replaced.kind, Kind::none);
}

TEST_F(OwnWritesTest, AWrittenFileIsOwnWithWhatItReplaced) {
  put_file(store().dir(), upper("a"), "other");
  const Record record = collect();
  ASSERT_NE(find_own(record, "a"), nullptr);
  EXPECT_EQ(find_own(record, "a")->replaced.content, digest("1"));
}

TEST_F(OwnWritesTest, WhatWasOnlyCopiedUpIsTakenOut) {
  copy_up_folder("d");
  copy_up("d/x", "2");
  set_time(store().dir(), upper("d"), 5 * one_second);
  EXPECT_TRUE(collect().own.empty());
  EXPECT_FALSE(is_left("d"));
}

TEST_F(OwnWritesTest, ATouchedFileIsOwn) {
  copy_up("a", "1");
  set_time(store().dir(), upper("a"), 8 * one_second);
  EXPECT_EQ(own_paths(collect()), Paths{"a"});
  EXPECT_TRUE(is_left("a"));
}

TEST_F(OwnWritesTest, OtherContentWithTheSameTimeIsOwn) {
  copy_up("a", "2");
  EXPECT_EQ(own_paths(collect()), Paths{"a"});
}

TEST_F(OwnWritesTest, AnotherModeIsOwn) {
  copy_up("a", "1");
  must(os_.chmod(store().dir(), upper("a"), 0600));
  EXPECT_EQ(own_paths(collect()), Paths{"a"});
}

TEST_F(OwnWritesTest, AWhiteoutIsADeletionOfWhatLayThere) {
  put_whiteout(store().dir(), upper("d"));
  const Record record = collect();
  EXPECT_EQ(own_paths(record), (Paths{"d", "d/x", "d/y"}));
  for (const OwnWrite& write : record.own) EXPECT_EQ(write.kind, Kind::none);
  EXPECT_EQ(find_own(record, "d/x")->replaced.content, digest("2"));
}

TEST_F(OwnWritesTest, AFolderMadeAnewDeletesWhatItDoesNotHave) {
  put_opaque_dir(store().dir(), upper("d"));
  put_file(store().dir(), upper("d/y"), "new");
  const Record record = collect();
  EXPECT_EQ(own_paths(record), (Paths{"d", "d/x", "d/y"}));
  EXPECT_TRUE(find_own(record, "d")->alone);
  EXPECT_EQ(find_own(record, "d/x")->kind, Kind::none);
  EXPECT_EQ(find_own(record, "d/y")->kind, Kind::file);
}

TEST_F(OwnWritesTest, AFileInAFoldersPlaceDeletesWhatWasInIt) {
  put_file(store().dir(), upper("d"), "now a file");
  const Record record = collect();
  EXPECT_EQ(own_paths(record), (Paths{"d", "d/x", "d/y"}));
  EXPECT_EQ(find_own(record, "d")->replaced.kind, Kind::folder);
}

TEST_F(OwnWritesTest, AFoldersTimeIsThatWhichTheBuildHasLeft) {
  copy_up_folder("d");
  put_file(store().dir(), upper("d/new"), "n");
  set_time(store().dir(), upper("d"), 77 * one_second);
  const Record record = collect();
  EXPECT_EQ(find(record.entries, "d")->time, 77 * one_second);
  EXPECT_EQ(find_own(record, "d")->time, 77 * one_second);
}

TEST_F(OwnWritesTest, TakingOutLeavesTheFoldersTime) {
  copy_up_folder("d");
  copy_up("d/x", "2");
  put_file(store().dir(), upper("d/new"), "n");
  set_time(store().dir(), upper("d"), 77 * one_second);
  must(os_.chmod(store().dir(), upper("d"), 0555));
  (void)collect();
  EXPECT_FALSE(is_left("d/x"));
  const auto status = must(os_.stat(store().dir(), upper("d")));
  EXPECT_EQ(nanoseconds(status->st_mtim), 77 * one_second);
  EXPECT_EQ(status->st_mode & 07777U, 0555U);
}

TEST_F(OwnWritesTest, WhatIsGitsOwnStaysTheProjects) {
  put_file(store().dir(), upper(".git/index"), "refreshed");
  EXPECT_TRUE(collect().own.empty());
  EXPECT_FALSE(is_left(".git"));
}

TEST_F(OwnWritesTest, TheToolsOwnResultsAreNotLookedAt) {
  put_file(store().dir(), upper("target/x"), "n");
  EXPECT_TRUE(collect("target").own.empty());
  EXPECT_TRUE(is_left("target/x"));
}

TEST_F(OwnWritesTest, EarlierOnesStay) {
  put_file(store().dir(), upper("new"), "n");
  go_on(collect());
  put_file(store().dir(), upper("newer"), "n");
  EXPECT_EQ(own_paths(collect()), (Paths{"new", "newer"}));
}

TEST_F(OwnWritesTest, OneThatWasOverruledIsOwnAgainWhenTheBuildWritesItAgain) {
  put_file(store().dir(), upper("a"), "mine");
  go_on(collect());
  shown_.own[0].overruled = true;
  EXPECT_TRUE(collect().own[0].overruled);
  put_file(store().dir(), upper("a"), "mine again");
  EXPECT_FALSE(collect().own[0].overruled);
}

/// Of the folder that lies in the corrections, only what the build has written is in the upper.
TEST_F(OwnWritesTest, AFolderOfTheUsersInADeletedOnesPlaceKeepsWhatIsInIt) {
  put_whiteout(store().dir(), upper("d"));
  go_on(collect());
  for (const char* path : {"d", "d/x"})
    for (OwnWrite& write : shown_.own)
      if (write.path == path) write.overruled = true;
  copy_up_folder("d");
  put_file(store().dir(), upper("d/new"), "n");
  const Record record = collect();
  EXPECT_TRUE(find_own(record, "d")->alone);
  EXPECT_TRUE(find_own(record, "d/x")->overruled);
  EXPECT_NE(find_own(record, "d/new"), nullptr);
}

TEST_F(OwnWritesTest, ReplacedContentThatChangedMeanwhileIsUnknown) {
  put_file(store().dir(), upper("a"), "mine");
  put_file(work_.project(), "a", "edited");
  forget_changed(walk_, look(work_.path()));
  const Record record = collect();
  EXPECT_FALSE(is_known(find_own(record, "a")->replaced.content));
  EXPECT_FALSE(is_known(find(record.entries, "a")->content));
}

TEST_F(OwnWritesTest, ACopyOfWhatChangedMeanwhileIsTakenOut) {
  copy_up("a", "1");
  put_file(work_.project(), "a", "1");
  forget_changed(walk_, look(work_.path()));
  EXPECT_TRUE(collect().own.empty());
  EXPECT_FALSE(is_left("a"));
}

TEST_F(OwnWritesTest, NeverTouchTheProjectWhateverCallFails) {
  const std::string trace = trace_of(work_.path());
  for (int k = 1;; ++k) {
    must(remove_tree(os_, store().dir(), "upper"));
    copy_up_folder("d");
    copy_up("d/x", "2");
    put_opaque_dir(store().dir(), upper("e"));
    put_whiteout(store().dir(), upper("a"));
    put_file(store().dir(), upper(".git/index"), "refreshed");
    FaultOs os;
    const Store faulty = must(Store::open(os, store().path()));
    os.fail_at(k, EIO);
    const int fds = open_fds();
    const auto record = collect_own_writes(faulty, {"upper", ""}, walk_, shown_);
    EXPECT_EQ(open_fds(), fds);
    EXPECT_EQ(trace_of(work_.path()), trace);
    if (!os.failed()) break;
    EXPECT_TRUE(!record || (find_own(*record, "a") != nullptr && find_own(*record, "e") != nullptr));
    os.fail_at(0, 0);
  }
}

}  // namespace
}  // namespace larder::source
