#include "builds/image/image_change.hpp"

#include <gtest/gtest.h>
#include <sys/sysmacros.h>

#include "support/image_kit.hpp"

namespace larder::builds {
namespace {

using image::Step;
using image::StepKind;
using image::Stored;
using test::debian_volume;
using test::must;

using Paths = std::vector<std::string>;

class ImageChanges : public ::testing::Test {
 protected:
  /// An image of one step more than the base.
  Stored made_by(const std::string& line, const test::Files& files) {
    const auto record = test::make_image_record({StepKind::commands, {line}}, base_.record.digest);
    return test::put_image(kit_.store, debian_volume, record, files, &base_);
  }
  ImageChange compare(const Stored& before, const Stored& now) {
    return must(compare_images(kit_.store, before.generation, now.generation));
  }
  std::string top(const Stored& stored) {
    return "layers/" + stored.generation.layers.back() + "/tree/" + image::rootfs_folder;
  }

  test::TempStore kit_;
  Stored base_ =
      test::put_image(kit_.store, debian_volume, test::make_image_record({StepKind::base, {"debian:bookworm"}}),
                      {{"usr/bin/cc", "cc"},
                       {"usr/lib/libtwo.a", "one"},
                       {"etc/folder/file", "x"},
                       {"tmp/x", ""},
                       {"var/lib/dpkg/status", ""},
                       {"var/log/apt/history", ""}});
};

TEST_F(ImageChanges, StepsThatLeaveTheSameAreNone) {
  EXPECT_TRUE(compare(made_by("echo hi", {{"tmp/y", ""}}), made_by("echo ho", {{"tmp/z", ""}})).none());
  const Stored one = made_by("write", {{"usr/lib/new", "1"}});
  const Stored same = made_by("write it", {{"usr/lib/new", "1"}});
  EXPECT_TRUE(compare(one, same).none());
}

TEST_F(ImageChanges, WhatPackageManagersWriteOfThemselvesIsNone) {
  const Stored other = made_by("apt", {{"var/log/dpkg.log", "1"}, {"var/lib/dpkg/status-old", "1"}, {"tmp/x", "1"}});
  EXPECT_TRUE(compare(base_, other).none());
}

TEST_F(ImageChanges, NewFilesAndOtherOnesAreToldApart) {
  const Stored now = made_by("install", {{"usr/lib/libtwo.a", "two"}, {"usr/include/two.h", "2"}});
  const ImageChange change = compare(base_, now);
  EXPECT_EQ(change.added, (Paths{"usr/include", "usr/include/two.h"}));
  EXPECT_EQ(change.other, Paths{"usr/lib/libtwo.a"});
  EXPECT_TRUE(share_a_layer(base_.generation, now.generation));
  EXPECT_FALSE(share_a_layer(base_.generation, {}));
  EXPECT_EQ(compare(now, base_).other, (Paths{"usr/include", "usr/include/two.h", "usr/lib/libtwo.a"}));
}

TEST_F(ImageChanges, TheSameFileThatBothStepsWroteAnewIsNone) {
  EXPECT_TRUE(compare(base_, made_by("touch", {{"usr/lib/libtwo.a", "one"}})).none());
}

TEST_F(ImageChanges, AnotherModeIsAnotherFile) {
  const Stored now = made_by("chmod", {{"usr/bin/cc", "cc"}});
  must(kit_.os.chmod(kit_.store.dir(), top(now) + "/usr/bin/cc", 0700));
  EXPECT_EQ(compare(base_, now).other, Paths{"usr/bin/cc"});
}

TEST_F(ImageChanges, WhatIsDeletedOrHiddenIsAnotherOne) {
  const Stored deleted = made_by("rm", {{"usr/bin/x", "x"}});
  must(kit_.os.mknod(kit_.store.dir(), top(deleted) + "/usr/bin/cc", S_IFCHR, makedev(0, 0)));
  EXPECT_EQ(compare(base_, deleted).other, Paths{"usr/bin/cc"});
  const Stored hidden = made_by("rm -r", {{"etc/folder/new", "x"}});
  must(kit_.os.set_xattr(kit_.store.dir(), top(hidden) + "/etc/folder", "user.overlay.opaque", "y"));
  EXPECT_EQ(compare(base_, hidden).other, Paths{"etc/folder"});
}

}  // namespace
}  // namespace larder::builds
