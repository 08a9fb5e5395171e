// What the store makes of a real overlay: the other tests write uppers by hand.

#include "support/overlay.hpp"

#include <gtest/gtest.h>

namespace larder::store {
namespace {

using namespace test;

class OverlayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string refusal = overlay_refusal(temp_.store);
    if (!refusal.empty()) GTEST_SKIP() << refusal;
  }
  const Store& store() const { return temp_.store; }

  /// Runs `body` on the mounted volume, commits, and compares the committed volume with what was last mounted.
  void build(const std::function<void(int)>& body) {
    Transaction transaction = begin(store(), spec_);
    in_overlay(store(), transaction.forks()[0], [&](int dir) {
      body(dir);
      remember(directory_snapshot(dir));
    });
    must(transaction.seal(Outcome::success));
    const Snapshot seen = volume_snapshot(store(), spec_.key);
    EXPECT_EQ(remembered(seen), remembered_of_child());
    // The next build must see the same through the kernel's eyes.
    const Transaction reader = begin(store(), reading(spec_));
    in_overlay(store(), reader.forks()[0], [&](int dir) { must(directory_snapshot(dir) == seen, "differs"); });
  }

  /// The child cannot give a map back; a file can.
  void remember(const Snapshot& all) { put_file(temp_.dir.fd(), "seen", remembered(all)); }
  std::string remembered_of_child() { return get_file(temp_.dir.fd(), "seen"); }
  static std::string remembered(const Snapshot& all) {
    std::string text;
    for (const auto& [path, what] : all) text += path + " = " + what + "\n";
    return text;
  }

  TempStore temp_;
  const VolumeSpec spec_ = compiled("pantry-x64");
};

TEST_F(OverlayTest, WhatABuildSawIsWhatIsCommitted) {
  build([](int dir) {
    put_file(dir, "a/b/file", "1");
    put_file(dir, "a/script", "#!", 0755);
    put_file(dir, "gone/file", "x");
    put_link(dir, "link", "a/b/file");
    put_dir(dir, "empty", 0700);
    put_file(dir, std::string(255, '\xfe'), "long");
    set_mtime(dir, "a/b/file", 1'153'704'088, 123'456'789);
  });
  build([](int dir) {
    Os os;
    must(remove_tree(os, dir, "gone"));
    put_dir(dir, "gone");  // opaque, since it was deleted and made again
    put_file(dir, "gone/new", "y");
    must(remove_tree(os, dir, "empty"));
    put_file(dir, "empty", "a file now");
    must(os.rename(dir, "a/b/file", dir, "a/renamed"));
    must(os.chmod(dir, "a/script", 0700));
  });
  build([](int dir) {
    Os os;
    must(os.unlink(dir, "empty"));
    put_file(dir, "empty/again/file", "z");
    must(os.unlink(dir, "link"));
    must(os.link(dir, "a/renamed", dir, "link"));
  });
}

TEST_F(OverlayTest, UserAttributesAreCommitted) {
  build([](int dir) {
    put_file(dir, "d/file", "1");
    put_file(dir, "d/other", "1");
    put_file(dir, "e/file", "1");
    put_attribute(dir, "d", "user.a", "of a directory");
    put_attribute(dir, "d/file", "user.a", "of a file");
  });
  const std::string id = current_id(store(), spec_.key);
  build([](int dir) { put_attribute(dir, "d/other", "user.b", "nothing else changes"); });
  EXPECT_NE(current_id(store(), spec_.key), id);
  build([](int dir) { put_attribute(dir, "e", "user.b", "2"); });
  build([](int dir) {
    Os os;
    must(os.remove_xattr(dir, "d", "user.a"));
    must(remove_tree(os, dir, "e"));
    put_file(dir, "e/new", "");  // opaque
    put_attribute(dir, "e", "user.c", "3");
    must(os.open(dir, "d/file", O_RDWR));  // copied up with its attributes
  });
  EXPECT_EQ(current_layers(store(), spec_.key).size(), 4U);
  const Snapshot seen = volume_snapshot(store(), spec_.key, DirTimes::ignored);
  EXPECT_EQ(seen.at("e"), "d 755 {user.c=3}");
  EXPECT_EQ(seen.count("e/file"), 0U);
}

TEST_F(OverlayTest, FlattenedItLooksTheSame) {
  for (int i = 0; i < 9; ++i) {
    build([&](int dir) {
      Os os;
      put_file(dir, "all", std::to_string(i));
      put_file(dir, "d" + std::to_string(i % 3) + "/" + std::to_string(i), "x");
      put_attribute(dir, "d" + std::to_string(i % 3), "user.build", std::to_string(i));
      if (i % 3 == 2) must(remove_tree(os, dir, "d0"));
    });
  }
  const Snapshot before = volume_snapshot(store(), spec_.key);
  must(flatten(store(), spec_.key));
  must(settle(store(), spec_.key));
  must(collect(store()));
  EXPECT_EQ(current_layers(store(), spec_.key).size(), 1U);
  const Transaction next = begin(store(), spec_);  // not a reader: alone, a layer would show what stands for deletions
  in_overlay(store(), next.forks()[0], [&](int dir) { must(directory_snapshot(dir) == before, "differs"); });
}

TEST_F(OverlayTest, AFileOpenedForWritingAndLeftAloneIsNoChange) {
  build([](int dir) {
    put_file(dir, "lock", "");
    put_file(dir, "d/file", "text");
  });
  const std::string id = current_id(store(), spec_.key);
  Transaction transaction = begin(store(), spec_);
  in_overlay(store(), transaction.forks()[0], [](int dir) {
    Os os;
    for (const char* path : {"lock", "d/file"}) must(os.open(dir, path, O_RDWR));
  });
  EXPECT_TRUE(exists(store().dir(), upper(transaction) + "/d/file"));
  EXPECT_FALSE(must(transaction.seal(Outcome::success))[0].changed);
  EXPECT_EQ(current_id(store(), spec_.key), id);
}

TEST_F(OverlayTest, WhatAKilledBuildLeavesIsCollected) {
  EXPECT_EQ(exit_code_of([&] {
              const Transaction transaction = begin(store(), spec_);
              in_overlay(store(), transaction.forks()[0], [](int dir) { put_file(dir, "a/b", "x"); });
              ::_exit(7);
            }),
            7);
  must(collect(store()));
  EXPECT_TRUE(names_in(store(), "transactions").empty());
  EXPECT_TRUE(names_in(store(), "trash").empty());
}

}  // namespace
}  // namespace larder::store
