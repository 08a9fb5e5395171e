#include "store/stamp.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <functional>

#include "store/store.hpp"
#include "support/child.hpp"
#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

/// What copying a store with some tool comes to, done to the store itself.
struct Copying {
  const char* what;
  std::function<void(Os&, int)> lose;
};

const Copying copyings[] = {
    {"attributes", [](Os& os, int store) { must(os.remove_xattr(store, "stamp", "user.larder.stamp")); }},
    {"nanoseconds",
     [](Os& os, int store) {
       const timespec times[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
       must(os.utimens(store, "stamp/time", times));
     }},
    {"devices", [](Os& os, int store) { must(os.unlink(store, "stamp/deletion")); }},
    {"devices, made files",
     [](Os& os, int store) {
       must(os.unlink(store, "stamp/deletion"));
       put_file(store, "stamp/deletion", "");
     }},
    {"all but names", [](Os& os, int store) {
       must(remove_tree(os, store, "stamp"));
       put_dir(store, "stamp");
     }}};

TEST(Stamp, AnIncompleteCopyIsRefused) {
  for (const Copying& copying : copyings) {
    const TempDir dir;
    Os os;
    const std::string path = dir.path() + "/store";
    const Store store = must(Store::open(os, path));
    must(Store::open(os, path));
    copying.lose(os, store.dir());
    const auto opened = Store::open(os, path);
    ASSERT_FALSE(opened) << copying.what;
    EXPECT_EQ(opened.error().code, ErrorCode::damage) << copying.what;
    EXPECT_NE(opened.error().message.find("incomplete copy"), std::string::npos) << copying.what;
    EXPECT_FALSE(opened.error().hint.empty()) << copying.what;
  }
}

TEST(Stamp, AStoreWithoutOneIsNotExamined) {
  const TempDir dir;
  Os os;
  must(Store::open(os, dir.path()));
  must(remove_tree(os, dir.fd(), "stamp"));
  must(Store::open(os, dir.path()));
  EXPECT_FALSE(exists(dir.fd(), "stamp"));
}

TEST(Stamp, TheFirstOfTwoMakersWins) {
  const TempDir dir;
  Os os;
  put_dir(dir.fd(), "trash");
  must(make_stamp(os, dir.fd()));
  must(make_stamp(os, dir.fd()));
  must(check_stamp(os, dir.fd(), dir.path()));
}

}  // namespace
}  // namespace larder::store
