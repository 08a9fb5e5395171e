#include "store/store.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/user_namespace.hpp"
#include "support/child.hpp"
#include "support/fault_os.hpp"
#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

TEST(StoreOpen, MakesTheDirectoryAndItsParents) {
  const TempDir dir;
  Os os;
  const Store store = must(Store::open(os, dir.path() + "/a/b/store"));
  EXPECT_EQ(get_file(store.dir(), "format"), "larder-store 2\n");
  for (const char* name : {"layers", "generations", "refs", "transactions", "trash"})
    EXPECT_TRUE(exists(store.dir(), name));
  EXPECT_EQ(must(os.stat(store.dir(), "layers"))->st_mode & 0777U, 0700U);
}

TEST(StoreOpen, OpensAnExistingOneAndMakesWhatIsMissing) {
  const TempDir dir;
  Os os;
  must(Store::open(os, dir.path()));
  must(os.rmdir(dir.fd(), "trash"));
  must(Store::open(os, dir.path()));
  EXPECT_TRUE(exists(dir.fd(), "trash"));
}

TEST(StoreOpen, IsTheUsersAlone) {
  const TempDir dir;
  Os os;
  const mode_t before = ::umask(0);
  must(Store::open(os, dir.path() + "/a/store"));
  ::umask(before);
  EXPECT_EQ(must(os.stat(dir.fd(), "a/store"))->st_mode & 0777U, 0700U);
}

TEST(StoreOpen, TakesNoFolderThatHasOtherThingsInIt) {
  Os os;
  for (const std::string path : {"notes.txt", "layers/photo.jpg", "trash/old"}) {
    const TempDir dir;
    if (path.find('/') != std::string::npos) put_dir(dir.fd(), path.substr(0, path.find('/')));
    put_file(dir.fd(), path, "mine");
    const auto opened = Store::open(os, dir.path());
    ASSERT_FALSE(opened) << path;
    EXPECT_EQ(opened.error().message, dir.path() + " is no store, and not empty");
    EXPECT_FALSE(exists(dir.fd(), "format"));
    EXPECT_EQ(get_file(dir.fd(), path), "mine");
  }
}

TEST(StoreOpen, GoesOnWithACreationThatWasCutShort) {
  const TempDir dir;
  Os os;
  put_dir(dir.fd(), "layers");
  put_dir(dir.fd(), "lost+found");
  put_file(dir.fd(), "format.new-1", "");
  put_file(dir.fd(), "trash.lock", "");
  must(Store::open(os, dir.path()));
}

TEST(StoreOpen, LeavesAnotherUsersStoreAlone) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  const TempDir dir;
  Os os;
  must(Store::open(os, dir.path()));
  ASSERT_EQ(::chown(dir.path().c_str(), 1, 1), 0);
  for (const auto& error : {Store::open(os, dir.path()).error(), Store::look(os, dir.path()).error()}) {
    EXPECT_EQ(error.message, "the store " + dir.path() + " belongs to another user");
    EXPECT_EQ(error.cause, "daemon, and this is 0");
  }
}

TEST(StoreOpen, FollowsALinkToTheStore) {
  const TempDir dir;
  Os os;
  put_dir(dir.fd(), "real");
  put_link(dir.fd(), "store", "real");
  must(Store::open(os, dir.path() + "/store"));
  EXPECT_TRUE(exists(dir.fd(), "real/format"));
}

TEST(StoreOpen, RefusesAnotherFormatAndLeavesItAlone) {
  const TempDir dir;
  Os os;
  for (const std::string line : {"larder-store 1", "larder-store 3"}) {
    put_file(dir.fd(), "format", line + "\n");
    const auto opened = Store::open(os, dir.path());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::environment);
    EXPECT_EQ(opened.error().cause, "it says: " + line + "; this larder writes: larder-store 2");
    EXPECT_FALSE(opened.error().hint.empty());
  }
  EXPECT_EQ(names_in(must(Store::open(os, dir.path() + "/other")), "layers").size(), 0U);
  EXPECT_FALSE(exists(dir.fd(), "layers"));
}

TEST(StoreOpen, LookingCreatesNothing) {
  const TempDir dir;
  Os os;
  EXPECT_FALSE(must(Store::look(os, dir.path() + "/none")));
  EXPECT_FALSE(must(Store::look(os, dir.path())));
  EXPECT_FALSE(exists(dir.fd(), "none"));
  EXPECT_FALSE(exists(dir.fd(), "refs"));
  must(Store::open(os, dir.path()));
  must(os.rmdir(dir.fd(), "trash"));
  EXPECT_TRUE(must(Store::look(os, dir.path())));
  EXPECT_FALSE(exists(dir.fd(), "trash"));
  put_file(dir.fd(), "format", "larder-store 3\n");
  EXPECT_FALSE(Store::look(os, dir.path()));
}

TEST(StoreOpen, RefusesADamagedFormat) {
  const TempDir dir;
  Os os;
  for (const char* text : {"", "larder-store 2", "larder-store 2\n\n", "something else\n"}) {
    put_file(dir.fd(), "format", text);
    EXPECT_FALSE(Store::open(os, dir.path())) << text;
  }
}

TEST(StoreOpen, SaysWhyItCannotBeUsed) {
  const TempDir dir;
  Os os;
  put_file(dir.fd(), "file", "");
  const auto opened = Store::open(os, dir.path() + "/file");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().message, "cannot use the store " + dir.path() + "/file");
  EXPECT_FALSE(opened.error().hint.empty());
}

TEST(StoreOpen, AnUnwritablePlaceIsToldWithAHint) {
  const TempDir dir;
  put_dir(dir.fd(), "closed", 0555);
  const Status told = run_in_child([&] {
    constexpr uid_t nobody = 65534;
    if (::geteuid() == 0) must(::setuid(nobody) == 0, "cannot become another user");  // root may write everywhere
    Os os;
    const auto opened = Store::open(os, dir.path() + "/closed/store");
    must(!opened, "it was opened");
    must(opened.error().cause.find("Permission denied") != std::string::npos, opened.error().cause);
    must(opened.error().hint.find("LARDER_STORE") != std::string::npos, opened.error().hint);
  });
  EXPECT_TRUE(told) << (told ? "" : describe(told.error()));
}

TEST(StoreOpen, EveryFaultIsToldAndTheNextOpenSucceeds) {
  const TempDir dir(Place::memory);
  int opened_after = 0;
  for (int k = 1; opened_after == 0; ++k) {
    const std::string path = dir.path() + "/store" + std::to_string(k);
    FaultOs faulty;
    faulty.fail_at(k, EIO);
    if (Store::open(faulty, path) && !faulty.failed()) opened_after = k;
    Os os;
    must(Store::open(os, path));
  }
  EXPECT_GT(opened_after, 10);
}

TEST(BootId, AnEmptyOneIsNone) {
  const TempDir dir;
  put_file(dir.fd(), "empty", "");
  const Status told = run_in_child([&] {
    must(enter_user_namespace(Identity::caller, CLONE_NEWNS));
    must(::mount((dir.path() + "/empty").c_str(), "/proc/sys/kernel/random/boot_id", nullptr, MS_BIND, nullptr) == 0,
         "cannot mount");
    Os os;
    const auto id = boot_id(os);
    must(!id, "it was read");
    must(id.error().message.find("is empty") != std::string::npos, id.error().message);
    must(!id.error().hint.empty(), "no hint");
  });
  EXPECT_TRUE(told) << (told ? "" : describe(told.error()));
}

TEST(DefaultStorePath, PrefersTheMostParticular) {
  ::unsetenv("LARDER_STORE");
  ::unsetenv("XDG_DATA_HOME");
  ::setenv("HOME", "/home/me", 1);
  EXPECT_EQ(must(default_store_path()), "/home/me/.local/share/larder");
  ::setenv("XDG_DATA_HOME", "/data", 1);
  EXPECT_EQ(must(default_store_path()), "/data/larder");
  ::setenv("LARDER_STORE", "/store", 1);
  EXPECT_EQ(must(default_store_path()), "/store");
  ::setenv("LARDER_STORE", "store", 1);
  EXPECT_EQ(default_store_path().error().code, ErrorCode::usage);
  for (const char* name : {"LARDER_STORE", "XDG_DATA_HOME", "HOME"}) ::setenv(name, "", 1);
  EXPECT_FALSE(default_store_path());
}

TEST(BootId, IsOneLine) {
  Os os;
  const std::string id = must(boot_id(os));
  EXPECT_EQ(id.size(), 36U);
  EXPECT_EQ(id, must(boot_id(os)));
}

}  // namespace
}  // namespace larder::store
