// What git itself says of a working tree after its index was given other stamps.

#include "source/git_index.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "source/git_state.hpp"
#include "source/kit.hpp"

namespace larder::source {
namespace {

using namespace test;

Stamp stamp_of(int dir, const std::string& path) {
  Os os;
  const struct stat status = must(os.stat(dir, path)).value();
  return {static_cast<uint64_t>(status.st_size), nanoseconds(status.st_mtim), nanoseconds(status.st_ctim),
          status.st_ino, status.st_dev};
}

constexpr int64_t later = 4'000'000'000 * one_second;  ///< an index that is newer than all files
std::optional<Restamp> no_stamps(const std::string&) { return std::nullopt; }
std::optional<Stamp> no_stamp(const std::string&) { return std::nullopt; }
std::optional<std::string> no_content(const std::string&) { return std::nullopt; }

/// How a repository is made.
struct Format {
  const char* name;
  const char* init;
  const char* index_version;
  bool intends_to_add = false;
};

class GitIndex : public ::testing::TestWithParam<Format> {
 protected:
  void SetUp() override {
    if (std::system("git --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no git";
    must(git("init -q " + std::string(GetParam().init) + " ."), "git init");
    for (const char* path : {"a", "d/one", "d/one.txt", "d/two", "long/name/of/a/file", "z"})
      put_file(dir_.fd(), "tree/" + std::string(path), std::string("content of ") + path);
    put_link(dir_.fd(), "tree/link", "a");
    must(git("add -A"), "git add");
    must(git("commit -q -m first"), "git commit");
    must(git(std::string("update-index --index-version ") + GetParam().index_version), "git update-index");
    must(git("update-index -q --refresh"), "git update-index");
    if (GetParam().intends_to_add) {
      put_file(dir_.fd(), "tree/new", "not yet");
      must(git("add -N new"), "git add -N");
    }
  }

  /// Whether git, told to work in tree/, or in another folder, succeeds.
  bool git(const std::string& arguments, const std::string& tree = "tree") const {
    const std::string folder = dir_.path() + "/" + tree;
    Os os;
    (void)make_dirs(os, AT_FDCWD, folder);
    return std::system(("cd " + folder +
                        " && GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 git -c user.name=t"
                        " -c user.email=t@t -c safe.directory='*' " +
                        arguments + " >/dev/null 2>&1")
                           .c_str()) == 0;
  }
  bool is_clean(const std::string& tree) const { return git("diff-index --quiet HEAD", tree); }

  /// Copies the tree with other stamps, and gives the copy an index that knows them.
  void copy_with_other_stamps() {
    must(std::system(("cp -r " + dir_.path() + "/tree " + dir_.path() + "/copy").c_str()) == 0, "cp");
    int64_t time = 1'000'000'000 * one_second;
    for (const std::string& path : paths())
      if (exists(dir_.fd(), "copy/" + path)) set_time(dir_.fd(), "copy/" + path, time += one_second + 1);
  }
  void restamp() {
    const auto stamps = [this](const std::string& path) -> std::optional<Restamp> {
      if (!exists(dir_.fd(), "copy/" + path)) return std::nullopt;
      return Restamp{stamp_of(dir_.fd(), "tree/" + path), stamp_of(dir_.fd(), "copy/" + path)};
    };
    const auto read = [this](const std::string& path) -> std::optional<std::string> {
      Os os;
      return path == "link" ? must(os.read_link(dir_.fd(), "tree/link")) : get_file(dir_.fd(), "tree/" + path);
    };
    const int64_t time = stamp_of(dir_.fd(), "tree/.git/index").mtime;
    const auto index = restamp_index(get_file(dir_.fd(), "tree/.git/index"), time, stamps, read);
    must(index.has_value(), "no index");
    put_file(dir_.fd(), "copy/.git/index", *index);
  }
  /// Of the tree as it is, as `git_dirt` asks for it.
  std::string digest_with_changes() const {
    Os os;
    return git_dirt(os, must(walk(os, dir_.path() + "/tree", {}, 1)));
  }
  std::vector<std::string> paths() const { return tracked_paths(get_file(dir_.fd(), "tree/.git/index")).value(); }

  TempDir dir_{Place::memory};
};

TEST_P(GitIndex, TellsTheTrackedPaths) {
  std::vector<std::string> all = {"a", "d/one", "d/one.txt", "d/two", "link", "long/name/of/a/file"};
  if (GetParam().intends_to_add) all.emplace_back("new");
  all.emplace_back("z");
  EXPECT_EQ(paths(), all);
}

TEST_P(GitIndex, OfAFilesCopyIsDirtyUntilItKnowsTheNewStamps) {
  copy_with_other_stamps();
  EXPECT_FALSE(is_clean("copy"));
  restamp();
  EXPECT_EQ(is_clean("copy"), !GetParam().intends_to_add);
  EXPECT_EQ(is_clean("tree"), !GetParam().intends_to_add);
  EXPECT_TRUE(git("fsck", "copy"));
  EXPECT_TRUE(git("status", "copy"));
}

TEST_P(GitIndex, StillCallsAChangedFileDirty) {
  put_file(dir_.fd(), "tree/d/two", "other of d/two");  // of the same size
  copy_with_other_stamps();
  restamp();
  EXPECT_FALSE(is_clean("copy"));
  EXPECT_FALSE(git("diff-index --quiet HEAD d/two", "copy"));
  EXPECT_TRUE(git("diff-index --quiet HEAD d/one a z", "copy"));
}

TEST_P(GitIndex, CallsAFileChangedAfterTheCopyDirty) {
  copy_with_other_stamps();
  restamp();
  put_file(dir_.fd(), "copy/d/two", "other of d/two");
  EXPECT_FALSE(is_clean("copy"));
}

/// A file written in the same tick as the index may have been changed after git has looked: git compares its content
/// because its time is not older than the index's (racy-git.txt). With an older time it must not trust the stamp.
TEST_P(GitIndex, NeverTrustsAStampThatGitItselfDoesNot) {
  const Stamp known = stamp_of(dir_.fd(), "tree/z");
  put_file(dir_.fd(), "tree/z", "Content of z");
  const Stamp changed = stamp_of(dir_.fd(), "tree/z");
  // Both writes in one tick: the index as it would be then.
  const auto stamps = [&](const std::string& path) {
    return path == "z" ? std::optional(Restamp{known, changed}) : std::nullopt;
  };
  const auto racy = restamp_index(get_file(dir_.fd(), "tree/.git/index"), later, stamps, no_content);
  put_file(dir_.fd(), "tree/.git/index", racy.value());
  set_time(dir_.fd(), "tree/.git/index", changed.mtime);
  ASSERT_FALSE(is_clean("tree"));
  copy_with_other_stamps();
  restamp();
  set_time(dir_.fd(), "copy/.git/index", changed.mtime);
  EXPECT_FALSE(is_clean("copy"));
}

/// As in a fresh clone, whose last files are written in the same tick as the index.
TEST_P(GitIndex, TrustsAStampWhoseContentItHasCompared) {
  set_time(dir_.fd(), "tree/.git/index", 1'500'000'000 * one_second);
  copy_with_other_stamps();
  restamp();
  set_time(dir_.fd(), "copy/.git/index", 1'500'000'000 * one_second);
  EXPECT_EQ(is_clean("copy"), !GetParam().intends_to_add);
}

TEST_P(GitIndex, GivesAnotherDigestWhereGitGivesAnotherAnswer) {
  const std::string clean = digest_with_changes();
  put_file(dir_.fd(), "tree/untracked", "1");
  set_time(dir_.fd(), "tree/a", 77 * one_second);
  EXPECT_EQ(digest_with_changes(), clean);
  put_file(dir_.fd(), "tree/d/two", "other of d/two");  // of the same size
  const std::string dirty = digest_with_changes();
  put_file(dir_.fd(), "tree/z", "other");
  EXPECT_EQ(digest_with_changes(), dirty) << "it is dirty as before";
  if (!GetParam().intends_to_add) {
    EXPECT_NE(dirty, clean);
  }
  must(git("add d/two z"), "git add");
  const std::string staged = digest_with_changes();
  EXPECT_NE(staged, clean);
  EXPECT_NE(staged, dirty);
  must(git("reset -q --hard"), "git reset");
  if (!GetParam().intends_to_add) {
    EXPECT_EQ(digest_with_changes(), clean);
  }
  must(git("update-index --assume-unchanged a"), "git update-index");
  must(git("update-index --skip-worktree z"), "git update-index");
  const std::string trusting = digest_with_changes();
  put_file(dir_.fd(), "tree/a", "other");
  put_file(dir_.fd(), "tree/z", "other");
  EXPECT_EQ(digest_with_changes(), trusting);
}

TEST_P(GitIndex, ThatIsTornIsNone) {
  const std::string index = get_file(dir_.fd(), "tree/.git/index");
  for (size_t size = 0; size < index.size(); size += 7) {
    (void)tracked_paths(index.substr(0, size));  // reads nothing that is not there
    (void)restamp_index(index.substr(0, size), later, no_stamps, no_content);
    (void)source::digest_with_changes(index.substr(0, size), later, no_stamp, no_content);
  }
  EXPECT_FALSE(tracked_paths(""));
  EXPECT_FALSE(tracked_paths("no index at all, though it is long enough for one"));
  EXPECT_FALSE(tracked_paths(index.substr(0, 100)));
}

TEST_P(GitIndex, WithoutNewStampsStaysAsItIs) {
  const std::string index = get_file(dir_.fd(), "tree/.git/index");
  EXPECT_EQ(restamp_index(index, later, no_stamps, no_content), index);
}

/// The corrected tree, as a build is shown it: git asks there.
TEST_P(GitIndex, OfACorrectedProjectTellsTheTruth) {
  const TempStore temp;
  const std::string refusal = overlay_refusal(temp.store);
  if (!refusal.empty()) GTEST_SKIP() << refusal;
  if (GetParam().intends_to_add) return;  // it is dirty from the start: the tests above say what holds for it
  Workspace work;
  must(std::system(("cp -r " + dir_.path() + "/tree/. " + work.path()).c_str()) == 0, "cp");
  must(std::system(("cd " + work.path() + " && git -c safe.directory='*' update-index -q --refresh").c_str()) == 0,
       "git update-index");
  const auto says_clean = [&] {
    bool clean = false;
    work.build([&](int dir) {
      must(::fchdir(dir) == 0, "cannot enter the tree");
      const bool is_clean = std::system("git -c safe.directory='*' diff-index --quiet HEAD") == 0;
      put_file(work.temp.dir.fd(), "clean", is_clean ? "yes" : "no");
    });
    clean = get_file(work.temp.dir.fd(), "clean") == "yes";
    return clean;
  };
  EXPECT_TRUE(says_clean());
  for (const char* path : {"a", "d/one"}) set_time(work.project(), path, 77 * one_second);
  must(std::system(("cd " + work.path() + " && git -c safe.directory='*' update-index -q --refresh").c_str()) == 0,
       "git update-index");
  EXPECT_TRUE(says_clean());  // shown with the times of before
  set_time(work.project(), "z", 78 * one_second);
  must(std::system(("cd " + work.path() + " && git -c safe.directory='*' update-index -q --refresh").c_str()) == 0,
       "git update-index");
  EXPECT_TRUE(says_clean());  // in a layer above the one before
  put_file(work.project(), "a", "CONTENT of a");
  set_time(work.project(), "a", 77 * one_second);
  EXPECT_FALSE(says_clean());
}

INSTANTIATE_TEST_SUITE_P(Of, GitIndex,
                         ::testing::Values(Format{"version2", "", "2"}, Format{"version3", "", "3", true},
                                           Format{"version4", "", "4"}, Format{"sha256", "--object-format=sha256", "2"},
                                           Format{"sha256version4", "--object-format=sha256", "4"}),
                         [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace larder::source
