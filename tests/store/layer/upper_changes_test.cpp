#include "store/layer/upper_changes.hpp"

#include <gtest/gtest.h>

#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

class ChangeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    put_file(dir(), "layers/low/tree/d/file", "text");
    put_file(dir(), "layers/low/tree/lock", "");
    put_link(dir(), "layers/low/tree/link", "file");
    set_mtime(dir(), "layers/low/tree/d/file", 1000, 5);
    put_dir(dir(), "upper");
  }
  int dir() const { return temp_.store.dir(); }
  bool changed() { return must(has_changes(temp_.store, "upper", {"low"}, rewritten_)); }
  void copy_up() {
    put_file(dir(), "upper/d/file", "text");
    set_mtime(dir(), "upper/d/file", 1000, 5);
  }

  TempStore temp_;
  std::vector<std::string> rewritten_;
};

TEST_F(ChangeTest, AnEmptyUpperIsNone) { EXPECT_FALSE(changed()); }

TEST_F(ChangeTest, WhatWasCopiedUpUnchangedIsNone) {
  copy_up();
  EXPECT_FALSE(changed());
}

TEST_F(ChangeTest, OtherContentIsOneAlsoWithTheOldTimeAndSize) {
  copy_up();
  put_file(dir(), "upper/d/file", "TEXT");
  set_mtime(dir(), "upper/d/file", 1000, 5);
  EXPECT_TRUE(changed());
}

TEST_F(ChangeTest, AnotherMtimeIsOneEvenByANanosecond) {
  copy_up();
  set_mtime(dir(), "upper/d/file", 1000, 6);
  EXPECT_TRUE(changed());
}

TEST_F(ChangeTest, AnEmptyFilesMtimeIsOneToo) {
  set_mtime(dir(), "layers/low/tree/lock", 1000, 5);
  put_file(dir(), "upper/lock", "");
  EXPECT_TRUE(changed());
}

TEST_F(ChangeTest, WhatIsAlwaysRewrittenIsOneOnlyByItsContent) {
  rewritten_ = {"stamps/**"};
  put_file(dir(), "layers/low/tree/stamps/a/stamp", "text");
  set_mtime(dir(), "layers/low/tree/stamps/a/stamp", 1000, 5);
  put_file(dir(), "upper/stamps/a/stamp", "text");
  EXPECT_FALSE(changed());
  put_file(dir(), "upper/stamps/a/stamp", "TEXT");
  EXPECT_TRUE(changed());
}

TEST_F(ChangeTest, AnotherModeIsOne) {
  copy_up();
  must(temp_.os.chmod(dir(), "upper/d/file", 0755));
  EXPECT_TRUE(changed());
}

TEST_F(ChangeTest, AnotherAttributeIsOne) {
  copy_up();
  put_attribute(dir(), "upper/d/file", "user.a", "1");
  EXPECT_TRUE(changed());
  put_attribute(dir(), "layers/low/tree/d/file", "user.a", "1");
  EXPECT_FALSE(changed());
  put_attribute(dir(), "layers/low/tree/d/file", "user.a", "2");
  EXPECT_TRUE(changed());
  must(temp_.os.remove_xattr(dir(), "upper/d/file", "user.a"));
  EXPECT_TRUE(changed());
}

TEST_F(ChangeTest, ADirectorysAttributeIsOne) {
  copy_up();
  put_attribute(dir(), "upper/d", "user.a", "1");
  EXPECT_TRUE(changed());
}

TEST_F(ChangeTest, OverlayfssOwnAttributesAreNone) {
  copy_up();
  for (const char* path : {"upper/d", "upper/d/file"}) put_attribute(dir(), path, "user.overlay.origin", "1");
  put_attribute(dir(), "upper/d", "user.overlay.impure", "y");
  EXPECT_FALSE(changed());
}

TEST_F(ChangeTest, AnAttributeOfWhatIsAlwaysRewrittenIsOne) {
  rewritten_ = {"d/*"};
  copy_up();
  set_mtime(dir(), "upper/d/file", 2000, 5);
  EXPECT_FALSE(changed());
  put_attribute(dir(), "upper/d/file", "user.a", "1");
  EXPECT_TRUE(changed());
}

TEST_F(ChangeTest, AFileThatItsOwnerCannotReadIsOne) {
  put_file(dir(), "layers/low/tree/closed", "", 0000);
  put_file(dir(), "upper/closed", "", 0000);
  for (const char* path : {"layers/low/tree/closed", "upper/closed"}) set_mtime(dir(), path, 1000, 5);
  EXPECT_TRUE(changed());
}

TEST_F(ChangeTest, AnotherSizeIsOne) {
  put_file(dir(), "upper/lock", "4711");
  set_mtime(dir(), "upper/lock", 1000, 5);
  EXPECT_TRUE(changed());
}

TEST_F(ChangeTest, ANewFileIsOne) {
  put_file(dir(), "upper/d/new", "");
  EXPECT_TRUE(changed());
}

TEST_F(ChangeTest, ANewDirectoryIsOne) {
  put_dir(dir(), "upper/new");
  EXPECT_TRUE(changed());
}

TEST_F(ChangeTest, ADeletionIsOne) {
  put_whiteout(dir(), "upper/lock");
  EXPECT_TRUE(changed());
}

TEST_F(ChangeTest, ADirectoryMadeAnewIsOneWhereItLacksSomething) {
  put_opaque_dir(dir(), "upper/d");
  EXPECT_TRUE(changed());
  copy_up();
  EXPECT_FALSE(changed());
  put_file(dir(), "layers/low/tree/d/other", "text");
  EXPECT_TRUE(changed());
}

TEST_F(ChangeTest, AnEmptyDirectoryMadeAnewIsNone) {
  put_dir(dir(), "layers/low/tree/deep/empty");
  put_opaque_dir(dir(), "upper/deep/empty");
  EXPECT_FALSE(changed());
  put_file(dir(), "upper/deep/empty/new", "");
  EXPECT_TRUE(changed());
}

TEST_F(ChangeTest, ALinkIsOne) {
  put_link(dir(), "upper/link", "file");
  EXPECT_TRUE(changed());
}

TEST_F(ChangeTest, ADirectorysModeIsOne) {
  put_dir(dir(), "upper/d", 0700);
  EXPECT_TRUE(changed());
}

TEST_F(ChangeTest, AFileInPlaceOfADirectoryIsOne) {
  put_file(dir(), "upper/d", "");
  EXPECT_TRUE(changed());
}

TEST_F(ChangeTest, ADirectoryThatItsOwnerCannotReadIsOne) {
  put_dir(dir(), "layers/low/tree/closed", 0000);
  put_dir(dir(), "upper/closed", 0000);
  EXPECT_TRUE(changed());
}

TEST_F(ChangeTest, ManyEntriesAreTakenForOneWithoutLooking) {
  for (int i = 0; i < 300; ++i) {
    put_file(dir(), "layers/low/tree/many/" + std::to_string(i), "");
    put_file(dir(), "upper/many/" + std::to_string(i), "");
  }
  EXPECT_TRUE(changed());
}

}  // namespace
}  // namespace larder::store
