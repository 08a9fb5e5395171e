#include "base/os.hpp"

#include <dirent.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>

#include "support/child.hpp"
#include "support/fault_os.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

namespace larder {
namespace {

using namespace test;

TEST(Os, AFaultIsToldAndTheCallNotMade) {
  const TempDir dir;
  FaultOs os;
  os.fail_at(1, ENOSPC);
  const Status made = os.mkdir(dir.fd(), "new");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message, "cannot create the directory new");
  EXPECT_EQ(made.error().sys_errno, ENOSPC);
  EXPECT_EQ(os.failed_call(), "mkdir");
  EXPECT_FALSE(exists(dir.fd(), "new"));
  must(os.mkdir(dir.fd(), "new"));
}

TEST(Os, DescriptorsCloseAtExec) {
  const TempDir dir;
  Os os;
  EXPECT_EQ(::fcntl(must(os.open_dir(dir.fd(), ".")).get(), F_GETFD), FD_CLOEXEC);
}

TEST(Os, OpenDirFollowsNoLink) {
  const TempDir dir;
  Os os;
  put_dir(dir.fd(), "real");
  put_link(dir.fd(), "link", "real");
  EXPECT_TRUE(os.open_dir(dir.fd(), "real"));
  EXPECT_FALSE(os.open_dir(dir.fd(), "link"));
}

TEST(Os, OpenInRootStaysInside) {
  const TempDir dir;
  Os os;
  put_file(dir.fd(), "root/file", "inside");
  put_link(dir.fd(), "root/absolute", "/file");
  put_link(dir.fd(), "root/upwards", "../../../file");
  put_file(dir.fd(), "outside", "outside");
  put_link(dir.fd(), "root/leaves", "../outside");
  const UniqueFd root = must(os.open_dir(dir.fd(), "root"));
  for (const char* name : {"file", "absolute", "upwards"}) {
    char text[7] = {};
    const UniqueFd file = must(os.open_in_root(root.get(), name));
    EXPECT_EQ(must(os.read(file.get(), text, 6)), 6U) << name;
    EXPECT_STREQ(text, "inside") << name;
  }
  EXPECT_FALSE(os.open_in_root(root.get(), "leaves"));
}

TEST(Os, StatFollowsNoLinkAndKnowsNothing) {
  const TempDir dir;
  Os os;
  put_link(dir.fd(), "link", "nowhere");
  EXPECT_TRUE(S_ISLNK(must(os.stat(dir.fd(), "link"))->st_mode));
  EXPECT_FALSE(must(os.stat(dir.fd(), "nothing")));
  put_file(dir.fd(), "file", "");
  EXPECT_FALSE(os.stat(dir.fd(), "file/below"));  // ENOTDIR is an error, not an absence
}

TEST(Os, ListSortsBytewiseAndKnowsTypes) {
  const TempDir dir;
  Os os;
  put_file(dir.fd(), "b", "");
  put_file(dir.fd(), "a-", "");
  put_file(dir.fd(), "\xff\xfe", "");
  put_dir(dir.fd(), "a");
  put_link(dir.fd(), ".hidden", "b");
  const auto entries = must(os.list(dir.fd(), "."));
  ASSERT_EQ(entries.size(), 5U);
  const std::vector<std::pair<std::string, unsigned char>> expected = {
      {".hidden", DT_LNK}, {"a", DT_DIR}, {"a-", DT_REG}, {"b", DT_REG}, {"\xff\xfe", DT_REG}};
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(entries[i].name, expected[i].first);
    EXPECT_EQ(entries[i].type, expected[i].second);
  }
}

TEST(Os, ListReadsALargeDirectoryAndLeaksNothing) {
  const TempDir dir(Place::memory);
  Os os;
  for (int i = 0; i < 2000; ++i) must(os.mkdir(dir.fd(), "some-longer-name-" + std::to_string(i)));
  const int before = open_fds();
  EXPECT_EQ(must(os.list(dir.fd(), ".")).size(), 2000U);
  EXPECT_FALSE(os.list(dir.fd(), "nothing"));
  EXPECT_EQ(open_fds(), before);
}

TEST(Os, LinksAndTheirText) {
  const TempDir dir;
  Os os;
  const std::string text(4000, 'x');
  must(os.symlink(text, dir.fd(), "link"));
  EXPECT_EQ(must(os.read_link(dir.fd(), "link")), text);
  must(os.link(dir.fd(), "link", dir.fd(), "same"));
  EXPECT_EQ(must(os.stat(dir.fd(), "same"))->st_nlink, 2U);
  EXPECT_TRUE(S_ISLNK(must(os.stat(dir.fd(), "same"))->st_mode));
}

TEST(Os, XattrsOfFilesDirectoriesAndLinks) {
  const TempDir dir;
  Os os;
  put_dir(dir.fd(), "a/b");
  EXPECT_EQ(must(os.get_xattr(dir.fd(), "a/b", "user.overlay.opaque")), std::nullopt);
  must(os.set_xattr(dir.fd(), "a/b", "user.overlay.opaque", "y"));
  EXPECT_EQ(must(os.get_xattr(dir.fd(), "a/b", "user.overlay.opaque")), "y");
  EXPECT_EQ(must(os.get_xattr(AT_FDCWD, dir.path() + "/a/b", "user.overlay.opaque")), "y");
  must(os.remove_xattr(dir.fd(), "a/b", "user.overlay.opaque"));
  EXPECT_EQ(must(os.get_xattr(dir.fd(), "a/b", "user.overlay.opaque")), std::nullopt);
  put_link(dir.fd(), "link", "a/b");
  EXPECT_EQ(must(os.get_xattr(dir.fd(), "link", "user.overlay.opaque")), std::nullopt);
  EXPECT_FALSE(os.get_xattr(dir.fd(), "nothing", "user.overlay.opaque"));
}

/// As many and as large as one block of ext4 holds.
TEST(Os, ListsExtendedAttributesOfAnySize) {
  const TempDir dir(Place::memory);
  Os os;
  put_file(dir.fd(), "file", "");
  EXPECT_EQ(must(os.list_xattrs(dir.fd(), "file")), std::vector<std::string>());
  const std::string value(1'500, 'v');
  std::vector<std::string> expected = {"user.empty", "user.large"};
  put_attribute(dir.fd(), "file", "user.large", value);
  put_attribute(dir.fd(), "file", "user.empty", "");
  for (int i = 10; i < 30; ++i) {
    expected.push_back("user.with-a-name-of-some-length-" + std::to_string(i));
    put_attribute(dir.fd(), "file", expected.back(), "x");
  }
  auto names = must(os.list_xattrs(dir.fd(), "file"));
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, expected);
  EXPECT_EQ(must(os.get_xattr(dir.fd(), "file", "user.large")), value);
  EXPECT_EQ(must(os.get_xattr(dir.fd(), "file", "user.empty")), "");
  put_link(dir.fd(), "link", "file");
  EXPECT_EQ(must(os.list_xattrs(dir.fd(), "link")), std::vector<std::string>());
  EXPECT_EQ(os.list_xattrs(dir.fd(), "nothing").error().sys_errno, ENOENT);
}

TEST(Os, EveryUserCanMakeAWhiteout) {
  const TempDir dir;
  put_whiteout(dir.fd(), "gone");
  Os os;
  const auto status = must(os.stat(dir.fd(), "gone"));
  EXPECT_TRUE(S_ISCHR(status->st_mode));
  EXPECT_EQ(status->st_rdev, makedev(0, 0));
}

TEST(Os, TimesKeepTheirNanoseconds) {
  const TempDir dir;
  Os os;
  put_link(dir.fd(), "link", "nowhere");
  set_mtime(dir.fd(), "link", -5, 999'999'999);
  const auto status = must(os.stat(dir.fd(), "link"));
  EXPECT_EQ(status->st_mtim.tv_sec, -5);
  EXPECT_EQ(status->st_mtim.tv_nsec, 999'999'999);
}

TEST(Os, CopyRangeNoticesAShorterSource) {
  const TempDir dir;
  Os os;
  put_file(dir.fd(), "from", "1234");
  const UniqueFd from = must(os.open(dir.fd(), "from", O_RDONLY));
  const UniqueFd to = must(os.open(dir.fd(), "to", O_WRONLY | O_CREAT, 0600));
  const Status copied = os.copy_range(from.get(), to.get(), 5);
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().cause, "it became shorter meanwhile");
}

TEST(ReadFile, HasALimit) {
  const TempDir dir;
  Os os;
  put_file(dir.fd(), "file", std::string(100, 'x'));
  EXPECT_EQ(must(read_file(os, dir.fd(), "file", 100)).size(), 100U);
  EXPECT_EQ(read_file(os, dir.fd(), "file", 99).error().code, ErrorCode::damage);
  EXPECT_EQ(read_file(os, dir.fd(), "nothing", 99).error().sys_errno, ENOENT);
}

TEST(ReadFile, NamesWhatItCannotRead) {
  const TempDir dir;
  Os os;
  put_dir(dir.fd(), "folder");
  EXPECT_EQ(read_file(os, dir.fd(), "folder", 99).error().message, "cannot read folder");
}

TEST(ReadFile, DoesNotWaitForAFifoOrReadADevice) {
  const TempDir dir;
  Os os;
  must(::mkfifoat(dir.fd(), "fifo", 0600) == 0, "mkfifo");
  EXPECT_EQ(read_file(os, dir.fd(), "fifo", 99).error().cause, "it is not a file");
  EXPECT_EQ(read_file(os, dir.fd(), "/dev/zero", 99).error().cause, "it is not a file");
}

TEST(MakeDirs, MakesWhatIsMissing) {
  const TempDir dir;
  Os os;
  must(make_dirs(os, dir.fd(), "a"));
  must(make_dirs(os, dir.fd(), "a/b/c"));
  must(make_dirs(os, dir.fd(), "a/b/c"));
  must(make_dirs(os, AT_FDCWD, dir.path() + "/x/y/"));
  EXPECT_TRUE(exists(dir.fd(), "a/b/c"));
  EXPECT_TRUE(exists(dir.fd(), "x/y"));
  put_file(dir.fd(), "file", "");
  EXPECT_FALSE(make_dirs(os, dir.fd(), "file/below"));
}

TEST(RemoveTree, DeletesWhateverTheModes) {
  const TempDir dir;
  Os os;
  put_file(dir.fd(), "tree/a/file", "text", 0000);
  put_file(dir.fd(), "tree/read-only/file", "text", 0444);
  put_dir(dir.fd(), "tree/closed/below");
  put_link(dir.fd(), "tree/link", "/");
  put_whiteout(dir.fd(), "tree/gone");
  must(os.chmod(dir.fd(), "tree/read-only", 0555));
  must(os.chmod(dir.fd(), "tree/closed/below", 0000));
  must(os.chmod(dir.fd(), "tree/closed", 0000));
  must(os.chmod(dir.fd(), "tree", 0000));
  must(remove_tree(os, dir.fd(), "tree"));
  EXPECT_TRUE(must(os.list(dir.fd(), ".")).empty());
  EXPECT_TRUE(exists(AT_FDCWD, "/usr"));
}

TEST(RemoveTree, NothingThereIsSuccess) {
  const TempDir dir;
  Os os;
  EXPECT_EQ(must(remove_tree(os, dir.fd(), "nothing")), 0U);
}

TEST(RemoveTree, FollowsNoLink) {
  const TempDir dir;
  Os os;
  put_file(dir.fd(), "kept/file", "text");
  put_link(dir.fd(), "link", "kept");
  must(remove_tree(os, dir.fd(), "link"));
  EXPECT_FALSE(exists(dir.fd(), "link"));
  EXPECT_TRUE(exists(dir.fd(), "kept/file"));
}

TEST(RemoveTree, CountsOnlyWhatItFreed) {
  const TempDir dir;
  Os os;
  put_file(dir.fd(), "tree/shared", std::string(1 << 20, 'x'));
  must(os.link(dir.fd(), "tree/shared", dir.fd(), "other"));
  EXPECT_LT(must(remove_tree(os, dir.fd(), "tree")), 100'000U);
  EXPECT_GE(must(remove_tree(os, dir.fd(), "other")), 1U << 20);
}

/// A build may make directories as deep as it likes; what it leaves must not stay for ever.
TEST(RemoveTree, DeletesATreeDeeperThanThereAreDescriptors) {
  const TempDir dir(Place::memory);
  const int code = exit_code_of([&] {
    Os os;
    const rlimit few{64, 64};
    must(::setrlimit(RLIMIT_NOFILE, &few) == 0, "cannot set the limit");
    UniqueFd at = must(os.open_dir(dir.fd(), "."));
    for (int depth = 0; depth < 500; ++depth) {
      must(os.mkdir(at.get(), "d"));
      at = must(os.open_dir(at.get(), "d"));
    }
    at.reset();
    must(remove_tree(os, dir.fd(), "d"));
  });
  EXPECT_EQ(code, 0);
  EXPECT_FALSE(exists(dir.fd(), "d"));
}

}  // namespace
}  // namespace larder
