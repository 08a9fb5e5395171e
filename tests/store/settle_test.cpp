#include "store/settle.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "store/manifest.hpp"
#include "support/fault_os.hpp"
#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

class SettleTest : public ::testing::Test {
 protected:
  const Store& store() const { return temp_.store; }
  TempStore temp_;
  const VolumeSpec cache_ = download("cargo-cache-x64");
};

TEST_F(SettleTest, WritesTheManifestAndMovesTheRef) {
  commit(store(), cache_, {{"a", "1"}});
  const std::string layer = current_layers(store(), cache_.key)[0];
  EXPECT_EQ(settled_id(store(), cache_.key), "");
  must(settle(store(), cache_.key));
  EXPECT_EQ(settled_id(store(), cache_.key), current_id(store(), cache_.key));
  EXPECT_EQ(must(parse_manifest(get_file(store().dir(), "layers/" + layer + "/manifest"))),
            must(scan_layer(store(), layer)));
}

TEST_F(SettleTest, IsDoneOnce) {
  commit(store(), cache_, {{"a", "1"}});
  must(settle(store(), cache_.key));
  const std::string manifest = "layers/" + current_layers(store(), cache_.key)[0] + "/manifest";
  const ino_t first = must(temp_.os.stat(store().dir(), manifest))->st_ino;
  must(settle(store(), cache_.key));
  commit(store(), cache_, {{"b", "1"}});
  must(settle(store(), cache_.key));
  EXPECT_EQ(must(temp_.os.stat(store().dir(), manifest))->st_ino, first);
  EXPECT_TRUE(must(has_manifest(store(), current_layers(store(), cache_.key)[1])));
}

TEST_F(SettleTest, SurvivesAnotherBoot) {
  commit(store(), cache_, {{"a", "1"}});
  must(settle(store(), cache_.key));
  move_to_another_boot(store(), current_id(store(), cache_.key));
  commit(store(), cache_, {{"a", "2"}});
  move_to_another_boot(store(), current_id(store(), cache_.key));
  EXPECT_EQ(files_of(store(), cache_.key), Files({{"a", "1"}}));
  must(settle(store(), cache_.key));
  EXPECT_EQ(files_of(store(), cache_.key), Files({{"a", "1"}}));
  commit(store(), cache_, {{"b", "3"}});
  EXPECT_EQ(files_of(store(), cache_.key), Files({{"a", "1"}, {"b", "3"}}));
}

TEST_F(SettleTest, AVolumeThatDoesNotExistIsSettled) { must(settle(store(), cache_.key)); }

TEST_F(SettleTest, AFailedSyncMovesNothing) {
  DenyOs os;
  const Store denied = must(Store::open(os, store().path()));
  commit(store(), cache_, {{"a", "1"}});
  must(settle(store(), cache_.key));
  const std::string old = settled_id(store(), cache_.key);
  commit(store(), cache_, {{"a", "2"}});
  for (const char* call : {"syncfs", "fsync"}) {
    os.deny(call, EIO);
    const Status settled = settle(denied, cache_.key);
    ASSERT_FALSE(settled);
    EXPECT_EQ(settled.error().sys_errno, EIO);
    EXPECT_EQ(settled_id(store(), cache_.key), old);
  }
  os.deny("", 0);
  must(settle(denied, cache_.key));
  EXPECT_EQ(settled_id(store(), cache_.key), current_id(store(), cache_.key));
}

TEST_F(SettleTest, WithoutASyncThereIsNoManifest) {
  DenyOs os;
  const Store denied = must(Store::open(os, store().path()));
  commit(store(), cache_, {{"a", "1"}});
  os.deny("syncfs", EIO);
  EXPECT_FALSE(settle(denied, cache_.key));
  EXPECT_FALSE(must(has_manifest(store(), current_layers(store(), cache_.key)[0])));
}

TEST_F(SettleTest, ADamagedSettledRefIsReplaced) {
  commit(store(), cache_, {{"a", "1"}});
  put_file(store().dir(), ref_dir(cache_.key) + "/settled", "torn");
  must(settle(store(), cache_.key));
  EXPECT_EQ(settled_id(store(), cache_.key), current_id(store(), cache_.key));
}

/// Commits to the volume in the middle of a settling.
class CommitOs : public Os {
 public:
  std::function<void()> meanwhile;

 protected:
  int before(const char* call) override {
    if (std::string_view(call) == "syncfs" && meanwhile) std::exchange(meanwhile, nullptr)();
    return 0;
  }
};

TEST_F(SettleTest, ACommitMeanwhileIsSettledToo) {
  commit(store(), cache_, {{"a", "1"}});
  CommitOs os;
  const Store other = must(Store::open(os, store().path()));
  os.meanwhile = [&] { commit(store(), cache_, {{"b", "2"}}); };
  must(settle(other, cache_.key));
  EXPECT_EQ(settled_id(store(), cache_.key), current_id(store(), cache_.key));
  EXPECT_EQ(files_of(store(), cache_.key), Files({{"a", "1"}, {"b", "2"}}));
}

TEST_F(SettleTest, ASlowOneDoesNotMoveSettledBack) {
  commit(store(), cache_, {{"a", "1"}});
  CommitOs os;
  const Store slow = must(Store::open(os, store().path()));
  os.meanwhile = [&] {
    commit(store(), cache_, {{"b", "2"}});
    must(settle(store(), cache_.key));
    must(collect(store()));
  };
  must(settle(slow, cache_.key));
  EXPECT_EQ(settled_id(store(), cache_.key), current_id(store(), cache_.key));
}

TEST_F(SettleTest, AVolumeCleanedMeanwhileStaysClean) {
  const VolumeSpec target = compiled("pantry-x64");
  commit(store(), target, {{"a", "1"}});
  CommitOs os;
  const Store slow = must(Store::open(os, store().path()));
  os.meanwhile = [&] {
    must(clean(store(), {target.key}));
    must(collect(store()));
  };
  must(settle(slow, target.key));
  EXPECT_EQ(settled_id(store(), target.key), "");
  EXPECT_EQ(must(current_generation(store(), target.key)), std::nullopt);
}

TEST_F(SettleTest, AllAreTriedAndTheFirstErrorIsTold) {
  commit(store(), download("a"), {{"a", "1"}});
  commit(store(), download("b"), {{"a", "1"}});
  commit(store(), download("c"), {{"a", "1"}});
  damage(store(), {"b"});
  const Status settled = settle_all(store());
  ASSERT_FALSE(settled);
  EXPECT_EQ(settled.error().code, ErrorCode::damage);
  for (const char* name : {"a", "c"}) EXPECT_EQ(settled_id(store(), {name}), current_id(store(), {name}));
}

}  // namespace
}  // namespace larder::store
