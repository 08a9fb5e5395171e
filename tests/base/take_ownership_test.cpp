#include "base/take_ownership.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/user_namespace.hpp"
#include "support/child.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

namespace larder {
namespace {

using test::must;

/// Puts the tree `image` there as root with subordinate ids would, with `make`, and takes it.
class TakeOwnership : public ::testing::Test {
 protected:
  void take(const std::function<void(int)>& make) {
    const Status possible = test::run_in_child([] { must(enter_user_namespace(Identity::root)); });
    if (!possible) GTEST_SKIP() << possible.error().message;
    const Status done = test::run_in_child([&] {
      must(enter_user_namespace(Identity::root));
      make(dir_.fd());
      Os os;
      must(take_ownership(os, dir_.fd(), "image"));
    });
    ASSERT_TRUE(done) << done.error().message << ": " << done.error().cause;
  }

  struct stat status_of(const std::string& path) {
    struct stat status {};
    must(::fstatat(dir_.fd(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0, "no " + path);
    return status;
  }

  test::TempDir dir_;
};

TEST_F(TakeOwnership, EverythingIsTheCallersAfterwards) {
  take([](int dir) {
    test::put_file(dir, "image/closed/file", "x");
    must(::symlinkat("/etc/shadow", dir, "image/link") == 0, "no link");
    must(::fchownat(dir, "image/link", 3, 4, AT_SYMLINK_NOFOLLOW) == 0, "no chown");
    must(::fchownat(dir, "image/closed/file", 42, 1000, 0) == 0, "no chown");
    must(::fchmodat(dir, "image/closed/file", 0, 0) == 0, "no chmod");
    must(::fchownat(dir, "image/closed", 100, 100, 0) == 0, "no chown");
    must(::fchmodat(dir, "image/closed", 0, 0) == 0, "no chmod");
  });
  for (const char* path : {"image/closed", "image/closed/file", "image/link"}) {
    EXPECT_EQ(status_of(path).st_uid, ::geteuid()) << path;
    EXPECT_EQ(status_of(path).st_gid, ::getegid()) << path;
  }
  EXPECT_EQ(test::get_file(dir_.fd(), "image/closed/file"), "x");
}

TEST_F(TakeOwnership, NothingRunsAsSomebodyElse) {
  take([](int dir) {
    test::put_file(dir, "image/program", "x");
    must(::fchmodat(dir, "image/program", 06755, 0) == 0, "no chmod");
  });
  EXPECT_EQ(status_of("image/program").st_mode & 07777, 0755U);
}

TEST_F(TakeOwnership, NoFileKeepsCapabilities) {
  take([](int dir) {
    test::put_file(dir, "image/program", "x", 0755);
    const vfs_cap_data all{VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE, {{0xffffffff, 0}, {0x1f, 0}}};
    must(::fchdir(dir) == 0 && ::setxattr("image/program", "security.capability", &all, sizeof all, 0) == 0,
         "no capability");
  });
  Os os;
  EXPECT_FALSE(must(os.get_xattr(dir_.fd(), "image/program", "security.capability")));
}

TEST_F(TakeOwnership, PipesAndSocketsGo) {
  take(
      [](int dir) { must(::mkdirat(dir, "image", 0755) == 0 && ::mkfifoat(dir, "image/pipe", 0600) == 0, "no pipe"); });
  struct stat status {};
  EXPECT_NE(::fstatat(dir_.fd(), "image/pipe", &status, AT_SYMLINK_NOFOLLOW), 0);
}

TEST_F(TakeOwnership, ALinkIsNotFollowed) {
  take([](int dir) {
    test::put_file(dir, "outside", "x");
    must(::fchmodat(dir, "outside", 0400, 0) == 0 && ::mkdirat(dir, "image", 0755) == 0, "no file");
    must(::symlinkat("../outside", dir, "image/link") == 0, "no link");
  });
  EXPECT_EQ(status_of("outside").st_mode & 07777, 0400U);
}

}  // namespace
}  // namespace larder
