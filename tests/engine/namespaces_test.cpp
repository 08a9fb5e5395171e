#include "engine/namespaces.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include "engine/overlay.hpp"
#include "support.hpp"

namespace larder::engine {
namespace {

using test::names_in;
using test::put_dir;
using test::put_file;
using test::TempDir;
using test::TempStore;

class NamespacesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string refusal = test::overlay_refusal(kit_.store); !refusal.empty()) GTEST_SKIP() << refusal;
  }

  TempStore kit_;
};

void write_proc(const char* file, const std::string& text) {
  const UniqueFd fd(::open(file, O_WRONLY | O_CLOEXEC));
  test::must(fd && ::write(fd.get(), text.data(), text.size()) > 0, std::string("cannot write ") + file);
}

/// A user namespace of the calling process's own, in which nobody may make another.
void forbid_namespaces() {
  const std::string uid = std::to_string(::geteuid());
  const std::string gid = std::to_string(::getegid());
  test::must(::unshare(CLONE_NEWUSER) == 0, "cannot make a user namespace");
  write_proc("/proc/self/setgroups", "deny");
  write_proc("/proc/self/uid_map", uid + " " + uid + " 1");
  write_proc("/proc/self/gid_map", gid + " " + gid + " 1");
  write_proc("/proc/sys/user/max_user_namespaces", "0");
}

TEST_F(NamespacesTest, ProbeLeavesNothingBehind) {
  EXPECT_TRUE(probe_overlay(kit_.store.path()));
  EXPECT_TRUE(names_in(kit_.store, "transactions").empty());
}

TEST_F(NamespacesTest, ProbeOfNoStoreSaysSo) {
  const Status probed = probe_overlay(kit_.dir.path() + "/absent");
  ASSERT_FALSE(probed);
  EXPECT_EQ(probed.error().sys_errno, ENOENT);
}

TEST_F(NamespacesTest, AFolderCanBeALayerUnlessItLiesOnTwoOverlays) {
  put_file(kit_.dir.fd(), "plain/file", "1");
  for (const char* name : {"one", "two"}) put_dir(kit_.dir.fd(), name);
  const std::string& store = kit_.store.path();
  const auto path = [this](const std::string& name) { return kit_.dir.path() + "/" + name; };
  EXPECT_TRUE(test::run_in_child([&] {
    test::must(enter_namespaces());
    test::must(mount_overlay({{path("plain"), store + "/empty"}, {}, {}}, path("one")));
    test::must(mount_overlay({{path("one"), store + "/empty"}, {}, {}}, path("two")));
    test::must(can_be_layer(path("plain"), store), "a plain folder was refused");
    test::must(can_be_layer(path("one"), store), "a folder on an overlay was refused");
    test::must(!can_be_layer(path("two"), store), "a folder on two overlays was taken");
  }));
}

TEST_F(NamespacesTest, UidAndGidStayWhatTheyWere) {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  EXPECT_TRUE(test::run_in_child([&] {
    test::must(enter_namespaces());
    test::must(::geteuid() == uid && ::getegid() == gid, "another user");
  }));
}

TEST_F(NamespacesTest, ForbiddenOnesNameTheCommandThatAllowsThem) {
  const Status entered = in_child([]() -> Status {
    forbid_namespaces();
    return enter_namespaces();
  });
  ASSERT_FALSE(entered);
  EXPECT_EQ(entered.error().code, ErrorCode::environment);
  EXPECT_EQ(entered.error().message, "this system forbids user namespaces, which the sandbox is made of");
  EXPECT_EQ(entered.error().hint, "allow them: `sudo sysctl -w user.max_user_namespaces=15000`");
}

TEST_F(NamespacesTest, ProbeSaysTheSame) {
  const Status probed = in_child([&]() -> Status {
    forbid_namespaces();
    return probe_overlay(kit_.store.path());
  });
  ASSERT_FALSE(probed);
  EXPECT_EQ(probed.error().hint, "allow them: `sudo sysctl -w user.max_user_namespaces=15000`");
  EXPECT_TRUE(names_in(kit_.store, "transactions").empty());
}

TEST_F(NamespacesTest, StartingASandboxSaysTheSame) {
  Spec spec;
  spec.store_path = kit_.store.path();
  spec.root_dir = "root";
  spec.command = {"true"};
  const Status started = in_child([&]() -> Status {
    forbid_namespaces();
    NativeEngine engine;
    TRY_ASSIGN(const auto process, engine.start(spec));
    return {};
  });
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().hint, "allow them: `sudo sysctl -w user.max_user_namespaces=15000`");
}

/// Mounts the volume in a child of its own and looks at it there.
void in_mount(const test::Store& store, const VolumeMount& volume, const std::function<void(int)>& body) {
  test::must(test::run_in_child([&] {
    test::must(enter_namespaces());
    test::must(::chdir(store.path().c_str()) == 0, "cannot enter the store");
    test::must(mount_volume(volume, "t/merged"));
    Os os;
    body(test::must(os.open_dir(AT_FDCWD, "t/merged")).get());
  }));
}

void expect(bool condition, const char* what) { test::must(condition, what); }

class Volumes : public NamespacesTest {
 protected:
  Volumes() {
    put_file(kit_.store.dir(), "layers/a/tree/name", "lower");
    put_file(kit_.store.dir(), "layers/a/tree/only", "lower");
    put_file(kit_.store.dir(), "layers/b/tree/name", "upper");
    for (const char* name : {"t/upper", "t/work", "t/merged"}) put_dir(kit_.store.dir(), name);
  }

  VolumeMount writable(std::vector<std::string> lowers = {}, std::string folder = {}) const {
    return {"/v", std::move(lowers), "t/upper", "t/work", std::move(folder)};
  }
  static VolumeMount read_only(std::vector<std::string> lowers) { return {"/v", std::move(lowers), "", "", ""}; }
};

TEST_F(Volumes, LaterLayersHideEarlierOnes) {
  in_mount(kit_.store, read_only({"layers/a/tree", "layers/b/tree"}), [](int dir) {
    expect(test::get_file(dir, "name") == "upper" && test::get_file(dir, "only") == "lower", "wrong order");
  });
}

TEST_F(Volumes, WritesGoToTheUpper) {
  in_mount(kit_.store, writable({"layers/a/tree"}), [](int dir) {
    put_file(dir, "name", "changed");
    test::must(Os().unlink(dir, "only"));
  });
  EXPECT_EQ(test::get_file(kit_.store.dir(), "t/upper/name"), "changed");
  EXPECT_TRUE(store::is_whiteout(test::must(kit_.os.stat(kit_.store.dir(), "t/upper/only")).value()));
  EXPECT_EQ(test::get_file(kit_.store.dir(), "layers/a/tree/name"), "lower");
}

TEST_F(Volumes, ReadOnlyOnesRefuseWrites) {
  in_mount(kit_.store, read_only({"layers/a/tree"}), [](int dir) {
    const auto opened = Os().open(dir, "name", O_WRONLY);
    expect(!opened && opened.error().sys_errno == EROFS, "it was writable");
  });
}

TEST_F(Volumes, EmptyOnesAreEmpty) {
  in_mount(kit_.store, read_only({}), [](int dir) { expect(test::must(Os().list(dir, ".")).empty(), "not empty"); });
  in_mount(kit_.store, writable(), [](int dir) { put_file(dir, "new", "x"); });
  EXPECT_EQ(test::get_file(kit_.store.dir(), "t/upper/new"), "x");
}

TEST_F(Volumes, AFolderWithCommasAndColonsLiesBelow) {
  const std::string folder = kit_.dir.path() + "/a,b:c\\d=e";
  put_file(kit_.dir.fd(), "a,b:c\\d=e/name", "folder");
  put_file(kit_.dir.fd(), "a,b:c\\d=e/source", "folder");
  in_mount(kit_.store, writable({"layers/a/tree"}, folder), [](int dir) {
    expect(test::get_file(dir, "name") == "lower" && test::get_file(dir, "source") == "folder", "wrong order");
    put_file(dir, "source", "changed");
  });
  EXPECT_EQ(test::get_file(kit_.dir.fd(), "a,b:c\\d=e/source"), "folder");
  EXPECT_EQ(test::get_file(kit_.store.dir(), "t/upper/source"), "changed");
}

TEST_F(Volumes, AMissingLayerIsAnError) {
  const Status mounted = in_child([&]() -> Status {
    TRY(enter_namespaces());
    test::must(::chdir(kit_.store.path().c_str()) == 0, "cannot enter the store");
    return mount_volume(writable({"layers/none/tree"}), "t/merged");
  });
  ASSERT_FALSE(mounted);
  EXPECT_EQ(mounted.error().message, "cannot mount the overlay for /v");
}

}  // namespace
}  // namespace larder::engine
