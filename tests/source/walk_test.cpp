#include "source/walk.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "source/kit.hpp"
#include "support/fault_os.hpp"

namespace larder::source {
namespace {

using namespace test;
using Paths = std::vector<std::string>;

class WalkTest : public ::testing::Test {
 protected:
  Walk look_again(const Paths& left_out = {}) { return look(dir_.path(), left_out); }
  Digest names_of(const std::string& folder) { return seen_at(look_again(), folder).entry.content; }
  int root() const { return dir_.fd(); }

  TempDir dir_{Place::memory};
  Os os_;
};

TEST_F(WalkTest, MeetsEverythingInOrder) {
  put_file(root(), "a/b", "1");
  put_file(root(), "a.c", "2");
  put_file(root(), "a/d/e", "3");
  put_dir(root(), "empty");
  EXPECT_EQ(paths_of(look_again()), (Paths{"", "a", "a/b", "a/d", "a/d/e", "a.c", "empty"}));
}

TEST_F(WalkTest, IsTheSameOnAnyNumberOfThreads) {
  for (int i = 0; i < 200; ++i) put_file(root(), fmt::format("{}/{}/{}", i % 7, i % 13, i), std::to_string(i));
  const Walk one = must(walk(os_, dir_.path(), {}, 1));
  const Walk many = must(walk(os_, dir_.path(), {}, 8));
  EXPECT_EQ(paths_of(one), paths_of(many));
  EXPECT_TRUE(std::is_sorted(one.seen.begin(), one.seen.end(),
                             [](const Seen& a, const Seen& b) { return path_before(a.entry.path, b.entry.path); }));
}

TEST_F(WalkTest, TellsKindsModesAndTimes) {
  put_file(root(), "file", "text", 0751);
  put_link(root(), "link", "file");
  put_dir(root(), "folder", 02750);
  must(::mkfifoat(root(), "pipe", 0600) == 0, "mkfifo");
  set_mtime(root(), "file", -5, 7);
  const Walk walk = look_again();
  const Seen& file = seen_at(walk, "file");
  EXPECT_EQ(file.entry.kind, Kind::file);
  EXPECT_EQ(file.entry.mode, 0751);
  EXPECT_EQ(file.entry.time, -5 * one_second + 7);
  EXPECT_EQ(file.stamp.size_bytes, 4U);
  EXPECT_EQ(seen_at(walk, "link").entry.kind, Kind::link);
  EXPECT_EQ(seen_at(walk, "link").link, "file");
  EXPECT_EQ(seen_at(walk, "link").entry.content, digest("file"));
  EXPECT_EQ(seen_at(walk, "folder").entry.kind, Kind::folder);
  EXPECT_EQ(seen_at(walk, "folder").entry.mode, 02750);
  EXPECT_EQ(seen_at(walk, "pipe").entry.kind, Kind::other);  // and nobody waits for a writer
}

TEST_F(WalkTest, DoesNotGoThroughLinks) {
  put_file(root(), "a/b", "1");
  put_link(root(), "link", "a");
  put_link(root(), "loop", ".");
  EXPECT_EQ(paths_of(look_again()), (Paths{"", "a", "a/b", "link", "loop"}));
}

TEST_F(WalkTest, AFoldersContentAreItsNamesAndKinds) {
  put_file(root(), "a/b", "1");
  const Digest before = names_of("a");
  put_file(root(), "a/b", "2");
  EXPECT_EQ(names_of("a"), before);
  put_file(root(), "a/c", "");
  const Digest two = names_of("a");
  EXPECT_NE(two, before);
  must(os_.unlink(root(), "a/c"));
  put_dir(root(), "a/c");
  EXPECT_NE(names_of("a"), two);
  must(os_.rmdir(root(), "a/c"));
  EXPECT_EQ(names_of("a"), before);
}

TEST_F(WalkTest, AnEmptyFolderHasKnownContent) {
  put_dir(root(), "empty");
  EXPECT_TRUE(is_known(names_of("empty")));
}

TEST_F(WalkTest, WhatIsLeftOutDoesNotCount) {
  put_file(root(), "a", "1");
  const Walk before = look_again({"target"});
  put_file(root(), "target/x", "1");
  put_file(root(), "d/target/y", "1");
  const Walk after = look_again({"target"});
  EXPECT_EQ(paths_of(after), (Paths{"", "a", "d", "d/target", "d/target/y"}));
  must(remove_tree(os_, root(), "d"));
  EXPECT_EQ(look_again({"target"}).seen[0].entry.content, before.seen[0].entry.content);
}

TEST_F(WalkTest, AFolderHoldsTheSameWhetherGitKeepsItselfThereOrElsewhere) {
  const Digest before = names_of("");
  put_file(root(), ".git", "gitdir: /elsewhere");
  EXPECT_EQ(names_of(""), before);
  must(os_.unlink(root(), ".git"));
  put_file(root(), ".git/HEAD", "1");
  EXPECT_EQ(names_of(""), before);
  put_file(root(), ".gitignore", "1");
  EXPECT_NE(names_of(""), before);
}

TEST_F(WalkTest, GitsObjectsAreNotLookedAt) {
  put_file(root(), ".git/objects/ab/cd", "1");
  put_file(root(), ".git/lfs/x", "1");
  put_file(root(), ".git/modules/lib/objects/ab", "1");
  put_file(root(), ".git/refs/heads/objects/x", "1");
  put_file(root(), "objects/mine", "1");
  const auto paths = paths_of(look_again());
  const auto has = [&](const char* path) { return std::count(paths.begin(), paths.end(), path) == 1; };
  EXPECT_TRUE(has(".git/objects"));
  EXPECT_FALSE(has(".git/objects/ab"));
  EXPECT_FALSE(has(".git/lfs/x"));
  EXPECT_FALSE(has(".git/modules/lib/objects/ab"));
  EXPECT_TRUE(has(".git/refs/heads/objects/x"));
  EXPECT_TRUE(has("objects/mine"));
}

TEST_F(WalkTest, AFolderThatMayNotBeReadHasNoKnownContent) {
  put_file(root(), "secret/file", "1");
  class Denied : public Os {
   public:
    std::atomic<int> opened = 0;

   protected:
    int before(const char* call) override { return std::string_view(call) == "open" && ++opened == 5 ? EACCES : 0; }
  };
  Denied denied;  // the mounts, the folder, again for its walk and its list, then `secret`
  const Walk walk = must(source::walk(denied, dir_.path(), {}, 1));
  EXPECT_EQ(paths_of(walk), (Paths{"", "secret"}));
  EXPECT_FALSE(is_known(seen_at(walk, "secret").entry.content));
}

TEST_F(WalkTest, WhatGoesAwayMeanwhileIsPassedOver) {
  put_file(root(), "a/b", "1");
  put_file(root(), "c", "1");
  class Deleting : public Os {
   public:
    explicit Deleting(int root) : root_(root) {}

   protected:
    int before(const char* call) override {
      Os os;
      if (std::string_view(call) == "open" && ++opened_ == 4) must(remove_tree(os, root_, "a"));
      return 0;
    }

   private:
    int root_;
    int opened_ = 0;
  };
  Deleting deleting(root());
  EXPECT_EQ(paths_of(must(walk(deleting, dir_.path(), {}, 1))), (Paths{"", "c"}));
}

TEST_F(WalkTest, AMissingFolderIsAnError) { EXPECT_FALSE(walk(os_, dir_.path() + "/none", {}, 1)); }

TEST_F(WalkTest, FailsOrSucceedsAtEveryFailingCall) {
  put_file(root(), "a/b", "1");
  put_link(root(), "l", "a");
  const Paths whole = paths_of(look_again());
  for (int k = 1;; ++k) {
    FaultOs os;
    os.fail_at(k, EIO);
    const int fds = open_fds();
    const auto result = walk(os, dir_.path(), {}, 1);
    EXPECT_EQ(open_fds(), fds);
    if (!os.failed()) break;
    EXPECT_TRUE(!result || paths_of(*result) == whole) << os.failed_call();
  }
}

TEST_F(WalkTest, ChangesBetweenTwoWalksAreForgotten) {
  put_file(root(), "a/kept", "1");
  put_file(root(), "a/written", "1");
  put_file(root(), "a/touched", "1");
  put_file(root(), "b/gone", "1");
  put_file(root(), "c/kept", "1");
  put_link(root(), "link", "a");
  Walk before = look_again();
  put_file(root(), "a/written", "2");
  set_mtime(root(), "a/touched", 1, 1);
  must(os_.unlink(root(), "b/gone"));
  must(os_.unlink(root(), "link"));
  put_link(root(), "link", "b");
  forget_changed(before, look_again());
  const auto knows = [&](const char* path) { return is_known(seen_at(before, path).entry.content); };
  EXPECT_TRUE(knows("a/kept"));
  EXPECT_TRUE(knows("c"));
  EXPECT_TRUE(knows("c/kept"));
  EXPECT_FALSE(knows("a/written"));
  EXPECT_FALSE(knows("a/touched"));
  EXPECT_FALSE(knows("b"));
  EXPECT_FALSE(knows("b/gone"));
  EXPECT_FALSE(knows("link"));
}

TEST_F(WalkTest, WhatLarderItselfMakesChangesNothing) {
  put_file(root(), "a", "1");
  Walk before = look_again({"target"});
  put_file(root(), "target/x", "1");
  forget_changed(before, look_again({"target"}));
  EXPECT_TRUE(is_known(before.seen[0].entry.content));
  put_file(root(), "b", "1");
  forget_changed(before, look_again({"target"}));
  EXPECT_FALSE(is_known(before.seen[0].entry.content));
}

}  // namespace
}  // namespace larder::source
