#include "base/user_attributes.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/sha256.hpp"
#include "support/fault_os.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

namespace larder {
namespace {

using namespace test;

class UserAttributesTest : public ::testing::Test {
 protected:
  UserAttributesTest() : dir_(Place::memory) {
    put_file(dir(), "file", "");
    put_dir(dir(), "folder");
  }
  int dir() const { return dir_.fd(); }

  TempDir dir_;
  Os os_;
};

TEST_F(UserAttributesTest, AreThoseThatProgramsHaveSet) {
  for (const char* path : {"file", "folder"}) {
    EXPECT_EQ(must(read_user_attributes(os_, dir(), path)), UserAttributes());
    put_attribute(dir(), path, "user.overlay.opaque", "y");
    put_attribute(dir(), path, "user.overlay.overlay.x", "y");
    EXPECT_EQ(must(read_user_attributes(os_, dir(), path)), UserAttributes());
    put_attribute(dir(), path, "user.b", std::string("1\0\xff", 3));
    put_attribute(dir(), path, "user.a", "");
    put_attribute(dir(), path, "user.overlays", "2");
    EXPECT_EQ(must(read_user_attributes(os_, dir(), path)),
              UserAttributes({{"user.a", ""}, {"user.b", std::string("1\0\xff", 3)}, {"user.overlays", "2"}}));
  }
}

TEST_F(UserAttributesTest, AreCopiedWithoutOverlayfssOwn) {
  put_attribute(dir(), "file", "user.a", "1");
  put_attribute(dir(), "file", "user.overlay.opaque", "y");
  must(copy_user_attributes(os_, dir(), "file", dir(), "folder"));
  EXPECT_EQ(must(os_.list_xattrs(dir(), "folder")), std::vector<std::string>({"user.a"}));
}

TEST_F(UserAttributesTest, AFileSystemWithoutThemHasNone) {
  put_attribute(dir(), "file", "user.a", "1");
  DenyOs os;
  os.deny("setxattr", ENOTSUP);
  must(copy_user_attributes(os, dir(), "file", dir(), "folder"));
  os.deny("setxattr", ENOSPC);
  EXPECT_EQ(copy_user_attributes(os, dir(), "file", dir(), "folder").error().sys_errno, ENOSPC);
  os.deny("listxattr", ENOTSUP);
  EXPECT_EQ(must(read_user_attributes(os, dir(), "file")), UserAttributes());
  os.deny("listxattr", EIO);
  EXPECT_EQ(read_user_attributes(os, dir(), "file").error().sys_errno, EIO);
}

TEST(HashUserAttributes, TellsAnyTwoApart) {
  EXPECT_EQ(hash_user_attributes({}), "");
  EXPECT_EQ(hash_user_attributes({{"user.a", "12"}, {"user.b", ""}}), sha256_hex("6:user.a2:126:user.b0:"));
  EXPECT_NE(hash_user_attributes({{"user.a", "1"}}), hash_user_attributes({{"user.a1", ""}}));
}

}  // namespace
}  // namespace larder
