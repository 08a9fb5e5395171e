#include "base/copy_file.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "support/fault_os.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

namespace larder {
namespace {

using namespace test;

TEST(CopyFile, KeepsContentModeAndMtimeToTheNanosecond) {
  const TempDir dir;
  Os os;
  const std::string text(100'000, 'x');
  for (const mode_t mode : {0644U, 0755U, 0400U}) {
    put_file(dir.fd(), "from", text, mode);
    set_mtime(dir.fd(), "from", 1'153'704'088, 123'456'789);
    must(copy_file(os, dir.fd(), "from", dir.fd(), "to"));
    EXPECT_EQ(get_file(dir.fd(), "to"), text);
    const auto status = must(os.stat(dir.fd(), "to"));
    EXPECT_EQ(status->st_mode & 07777U, mode);
    EXPECT_EQ(status->st_mtim.tv_sec, 1'153'704'088);
    EXPECT_EQ(status->st_mtim.tv_nsec, 123'456'789);
    must(os.unlink(dir.fd(), "to"));
    must(os.unlink(dir.fd(), "from"));
  }
}

TEST(CopyFile, KeepsUserAttributes) {
  const TempDir dir(Place::memory);
  Os os;
  put_file(dir.fd(), "from", "text", 0444);
  put_attribute(dir.fd(), "from", "user.origin", "here");
  put_attribute(dir.fd(), "from", "user.overlay.origin", "overlayfs's own");
  must(copy_file(os, dir.fd(), "from", dir.fd(), "to"));
  EXPECT_EQ(must(os.list_xattrs(dir.fd(), "to")), std::vector<std::string>({"user.origin"}));
  EXPECT_EQ(must(os.get_xattr(dir.fd(), "to", "user.origin")), "here");
  EXPECT_EQ(must(os.stat(dir.fd(), "to"))->st_mode & 07777U, 0444U);
}

TEST(CopyFile, CopiesAnEmptyFile) {
  const TempDir dir;
  Os os;
  put_file(dir.fd(), "from", "");
  must(copy_file(os, dir.fd(), "from", dir.fd(), "to"));
  EXPECT_EQ(get_file(dir.fd(), "to"), "");
}

TEST(CopyFile, NeverWritesOverAFileOrThroughALink) {
  const TempDir dir;
  Os os;
  put_file(dir.fd(), "from", "new");
  put_file(dir.fd(), "to", "old");
  EXPECT_EQ(copy_file(os, dir.fd(), "from", dir.fd(), "to").error().sys_errno, EEXIST);
  EXPECT_EQ(get_file(dir.fd(), "to"), "old");
  put_link(dir.fd(), "link", "target");
  EXPECT_FALSE(copy_file(os, dir.fd(), "from", dir.fd(), "link"));
  EXPECT_FALSE(exists(dir.fd(), "target"));
  put_link(dir.fd(), "from-link", "from");
  EXPECT_EQ(copy_file(os, dir.fd(), "from-link", dir.fd(), "other").error().sys_errno, ELOOP);
}

TEST(CopyFile, LeavesNothingBehindAFault) {
  const TempDir dir(Place::memory);
  put_file(dir.fd(), "from", "text");
  put_attribute(dir.fd(), "from", "user.origin", "here");
  for (int k = 1;; ++k) {
    FaultOs os;
    os.fail_at(k, EIO);
    os.limit_writes(1);
    const Status done = copy_file(os, dir.fd(), "from", dir.fd(), "to");
    if (!os.failed()) {
      EXPECT_TRUE(done);
      break;
    }
    ASSERT_FALSE(done);
    EXPECT_FALSE(exists(dir.fd(), "to")) << os.failed_call();
  }
  EXPECT_EQ(get_file(dir.fd(), "to"), "text");
}

}  // namespace
}  // namespace larder
