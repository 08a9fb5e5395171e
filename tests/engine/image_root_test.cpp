#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "support.hpp"

namespace larder::engine {
namespace {

namespace fs = std::filesystem;

using test::get_file;
using test::must;
using test::put_dir;
using test::put_file;
using test::TempStore;

/// An image whose programs are the machine's own, shown in it.
class ImageRoots : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string refusal = test::overlay_refusal(kit_.store); !refusal.empty()) GTEST_SKIP() << refusal;
    put_dir(kit_.dir.fd(), "project");
    put_dir(kit_.dir.fd(), "outside");
    for (const char* dir : {"t/root", "t/upper", "t/work", "layers/image/tree/rootfs/etc"})
      put_dir(kit_.store.dir(), dir);
    spec_.store_path = kit_.store.path();
    spec_.root_dir = "t/root";
    spec_.image_root = ImageRoot{{"layers/image/tree/rootfs"}, {}, {}};
    spec_.workspace = kit_.dir.path() + "/project";
    spec_.env = {{"PATH", "/usr/bin:/bin"}};
    for (const char* folder : {"/usr", "/bin", "/lib", "/lib64"}) {
      if (fs::is_symlink(folder))
        fs::create_symlink(fs::read_symlink(folder), image(folder));
      else if (fs::is_directory(folder))
        spec_.extra.push_back({folder, folder});
    }
  }

  std::string image(const std::string& path) const { return kit_.store.path() + "/layers/image/tree/rootfs" + path; }
  std::string outside() const { return kit_.dir.path() + "/outside"; }

  RunResult run(const std::string& script) {
    spec_.command = {"sh", "-c", script};
    const auto process = must(engine_.start(spec_));
    std::string output = read_all(process->output());
    return {must(process->wait()), std::move(output)};
  }

  TempStore kit_;
  NativeEngine engine_;
  Spec spec_;
};

TEST_F(ImageRoots, ALinkThatLeadsNowhereGivesWayToTheMachinesFile) {
  put_file(kit_.dir.fd(), "outside/resolv.conf", "of the machine");
  test::put_link(kit_.store.dir(), "layers/image/tree/rootfs/etc/resolv.conf", "../run/nowhere/resolv.conf");
  spec_.extra.push_back({outside() + "/resolv.conf", "/etc/resolv.conf"});
  EXPECT_EQ(run("cat /etc/resolv.conf").output, "of the machine");
  EXPECT_TRUE(fs::is_symlink(image("/etc/resolv.conf"))) << "the image itself has changed";
}

TEST_F(ImageRoots, WhatIsNoFolderInAnImageIsAnErrorWithAHint) {
  put_file(kit_.dir.fd(), "outside/resolv.conf", "of the machine");
  test::put_file(kit_.store.dir(), "layers/image/tree/rootfs/run", "a file");
  spec_.extra.push_back({outside() + "/resolv.conf", "/run/resolv.conf"});
  spec_.command = {"true"};
  const auto refused = engine_.start(spec_);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().hint.find("the image has something else there"), std::string::npos);
}

TEST_F(ImageRoots, ACommandSeesTheImage) {
  put_file(kit_.store.dir(), "layers/image/tree/rootfs/etc/name", "the image");
  EXPECT_EQ(run("cat /etc/name").output, "the image");
}

TEST_F(ImageRoots, ItsChangesAreThrownAway) {
  put_file(kit_.store.dir(), "layers/image/tree/rootfs/etc/name", "before");
  EXPECT_EQ(run("echo after >/etc/name && echo new >/etc/new && cat /etc/name").output, "after\n");
  EXPECT_EQ(run("cat /etc/name; test -e /etc/new || echo none").output, "beforenone\n");
}

TEST_F(ImageRoots, APreparationKeepsThem) {
  spec_.identity = Identity::root;
  spec_.image_root->upper = "t/upper";
  spec_.image_root->work = "t/work";
  const RunResult done = run("id -u && echo new >/etc/new");
  if (!done.ending.started) GTEST_SKIP() << done.output;
  EXPECT_EQ(done.output, "0\n");
  EXPECT_EQ(get_file(kit_.store.dir(), "t/upper/etc/new"), "new\n");
}

TEST_F(ImageRoots, ALinkInTheImageLeadsNowhereElse) {
  fs::create_symlink(outside(), image("/opt"));
  fs::create_symlink("../../../../../../../../.." + outside(), image("/srv"));
  for (const char* path : {"/opt/cache", "/srv/cache"}) {
    const std::string dir = "t/" + std::to_string(spec_.volumes.size());
    for (const char* part : {"/upper", "/work"}) put_dir(kit_.store.dir(), dir + part);
    spec_.volumes.push_back({path, {}, dir + "/upper", dir + "/work", ""});
  }
  spec_.empty_dirs = {"/opt/home"};
  spec_.extra.push_back({kit_.dir.path() + "/project", "/srv/project"});
  spec_.command = {"true"};
  if (const auto started = engine_.start(spec_)) must((*started)->wait());  // or refused: their ends are not there
  EXPECT_TRUE(fs::is_empty(outside()));
}

TEST_F(ImageRoots, AnImageWhoseWorkspaceIsALinkIsRefused) {
  fs::create_symlink(outside(), image("/workspace"));
  spec_.command = {"true"};
  const auto started = engine_.start(spec_);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().message, "the image's /workspace is not a folder");
}

}  // namespace
}  // namespace larder::engine
