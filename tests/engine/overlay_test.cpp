#include "engine/overlay.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>

#include "engine/namespaces.hpp"
#include "support.hpp"

namespace larder::engine {
namespace {

using test::get_file;
using test::must;
using test::put_dir;
using test::put_file;

class OverlayTest : public ::testing::Test {
 protected:
  OverlayTest() {
    for (const char* name : {"upper", "work", "merged"}) put_dir(dir(), name);
  }
  void SetUp() override {
    if (const std::string refusal = test::overlay_refusal(kit_.store); !refusal.empty()) GTEST_SKIP() << refusal;
  }
  int dir() const { return kit_.store.dir(); }

  /// Mounts it in a child, whose working directory is the store, and looks at it there.
  void in_mount(const Overlay& overlay, const std::function<void(int)>& body) {
    must(test::run_in_child([&] {
      must(enter_namespaces());
      must(::chdir(kit_.store.path().c_str()) == 0, "cannot enter the store");
      must(mount_overlay(overlay, "merged"));
      Os os;
      body(must(os.open_dir(AT_FDCWD, "merged")).get());
    }));
  }

  test::TempStore kit_;
};

TEST_F(OverlayTest, TheLastLayerIsUppermost) {
  for (const char* layer : {"a", "b"}) put_file(dir(), std::string(layer) + "/name", layer);
  put_file(dir(), "a/only", "a");
  in_mount({{"a", "b"}, "", ""}, [](int merged) {
    must(get_file(merged, "name") == "b" && get_file(merged, "only") == "a", "wrong order");
    const auto opened = Os().open(merged, "name", O_WRONLY);
    must(!opened && opened.error().sys_errno == EROFS, "it was writable");
  });
}

TEST_F(OverlayTest, WritesGoToTheUpper) {
  put_file(dir(), "a/name", "lower");
  in_mount({{"a"}, "upper", "work"}, [](int merged) { put_file(merged, "name", "changed"); });
  EXPECT_EQ(get_file(dir(), "upper/name"), "changed");
  EXPECT_EQ(get_file(dir(), "a/name"), "lower");
}

TEST_F(OverlayTest, TwoHundredLayersAreAsGoodAsTwo) {
  Overlay overlay{{}, "upper", "work"};
  for (int i = 0; i < 200; ++i) {
    overlay.lowers.push_back("layers/0123456789abcdef-" + std::to_string(i) + "/tree");
    put_file(dir(), overlay.lowers.back() + "/name", std::to_string(i));
    put_file(dir(), overlay.lowers.back() + "/own-" + std::to_string(i), "");
  }
  in_mount(overlay, [](int merged) {
    must(get_file(merged, "name") == "199", "the uppermost layer is not the last");
    must(Os().list(merged, ".")->size() == 201, "not all layers are there");
  });
}

TEST_F(OverlayTest, AFoldersNameMayHoldWhatOptionsAreMadeOf) {
  const std::vector<std::string> lowers = {"a,b:c", "back\\slash", "c=d,lowerdir=e", "with space\nand line"};
  for (const std::string& lower : lowers) put_file(dir(), lower + "/" + lower.substr(0, 1), lower);
  in_mount({lowers, "upper", "work"}, [&](int merged) {
    for (const std::string& lower : lowers) must(get_file(merged, lower.substr(0, 1)) == lower, lower.c_str());
  });
}

TEST_F(OverlayTest, AFolderMayBeGivenAsADescriptor) {
  put_file(dir(), "a/name", "lower");
  EXPECT_TRUE(test::run_in_child([&] {
    must(enter_namespaces());
    must(::chdir(kit_.store.path().c_str()) == 0, "cannot enter the store");
    const UniqueFd folder(::open("a", O_PATH | O_DIRECTORY | O_CLOEXEC));
    must(mount_overlay({{"/proc/self/fd/" + std::to_string(folder.get())}, "upper", "work"}, "merged"));
    must(get_file(AT_FDCWD, "merged/name") == "lower", "another folder");
  }));
}

TEST_F(OverlayTest, WhatIsNotThereIsRefused) {
  EXPECT_TRUE(test::run_in_child([&] {
    must(enter_namespaces());
    must(::chdir(kit_.store.path().c_str()) == 0, "cannot enter the store");
    const Status mounted = mount_overlay({{"absent"}, "upper", "work"}, "merged");
    must(!mounted && mounted.error().sys_errno == ENOENT, "it was mounted");
  }));
}

}  // namespace
}  // namespace larder::engine
