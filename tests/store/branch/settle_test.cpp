#include "store/branch/settle.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "store/era.hpp"
#include "store/layer/manifest.hpp"
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

/// Does something in the middle of a settling.
class CommitOs : public Os {
 public:
  std::function<void()> meanwhile;

 protected:
  int before(const char* call) override {
    if (std::string_view(call) == "syncfs" && meanwhile) std::exchange(meanwhile, nullptr)();
    return 0;
  }
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

/// Fails, as `number`, the n-th of the calls of one name.
class NthOs : public Os {
 public:
  void fail_at(std::string call, int n, int number) {
    call_ = std::move(call);
    left_ = n;
    number_ = number;
  }
  bool failed() const { return left_ <= 0; }

 protected:
  int before(const char* call) override { return call_ == call && --left_ == 0 ? number_ : 0; }

 private:
  std::string call_;
  int left_ = 0;
  int number_ = 0;
};

/// The kernel drops what it could not write and says so once: the next sync would succeed without it.
TEST_F(SettleTest, AFailedSyncIsNeverTriedAgainForTheSameData) {
  const VolumeSpec other = compiled("pantry-x64");
  int failures = 0;
  for (const char* call : {"syncfs", "fsync"}) {
    commit(store(), cache_, {{"a", call}});
    must(settle(store(), cache_.key));
    const std::string settled = settled_id(store(), cache_.key);
    for (int n = 1;; ++n) {
      SCOPED_TRACE(fmt::format("{} {}", call, n));
      commit(store(), cache_, {{"a", "new"}});
      commit(store(), other, {{"a", "1"}});
      NthOs os;
      const Store failing = must(Store::open(os, store().path()));
      os.fail_at(call, n, EIO);
      const Status done = settle(failing, cache_.key);
      if (!os.failed()) break;
      ++failures;
      ASSERT_FALSE(done);
      EXPECT_EQ(done.error().sys_errno, EIO);
      EXPECT_NE(done.error().hint.find("look at the disk"), std::string::npos);
      must(settle_all(store()));
      EXPECT_EQ(settled_id(store(), cache_.key), settled);
      EXPECT_EQ(files_of(store(), cache_.key), Files({{"a", call}}));
      EXPECT_EQ(must(current_generation(store(), other.key)), std::nullopt);  // it was not settled either
    }
  }
  EXPECT_EQ(failures, 5);  // syncfs; the manifest, the ref, and their folders
}

TEST_F(SettleTest, AfterAFailedSyncANewCommitSettles) {
  DenyOs os;
  const Store failing = must(Store::open(os, store().path()));
  commit(store(), cache_, {{"a", "1"}});
  must(settle(store(), cache_.key));
  commit(store(), cache_, {{"a", "2"}});
  os.deny("syncfs", ENOSPC);
  EXPECT_FALSE(settle(failing, cache_.key));
  commit(store(), cache_, {{"b", "3"}});
  must(settle(store(), cache_.key));
  EXPECT_EQ(settled_id(store(), cache_.key), current_id(store(), cache_.key));
  EXPECT_EQ(files_of(store(), cache_.key), Files({{"a", "1"}, {"b", "3"}}));
  must(collect(store()));
  EXPECT_EQ(files_of(store(), cache_.key), Files({{"a", "1"}, {"b", "3"}}));
}

TEST_F(SettleTest, WhatWasBeingBuiltAtAFailedSyncIsNotCommitted) {
  DenyOs os;
  const Store failing = must(Store::open(os, store().path()));
  commit(store(), cache_, {{"a", "1"}});
  Transaction running = begin(store(), cache_);
  fill(store(), running, {{"b", "2"}});
  os.deny("syncfs", EIO);
  EXPECT_FALSE(settle(failing, cache_.key));
  const auto sealed = running.seal(Outcome::success);
  ASSERT_FALSE(sealed);
  EXPECT_EQ(sealed.error().code, ErrorCode::environment);
  EXPECT_FALSE(sealed.error().hint.empty());
  EXPECT_EQ(must(current_generation(store(), cache_.key)), std::nullopt);
}

/// A full disk, say: what is there is as good as before.
TEST_F(SettleTest, AnotherErrorIsTriedAgain) {
  DenyOs os;
  const Store failing = must(Store::open(os, store().path()));
  commit(store(), cache_, {{"a", "1"}});
  os.deny("write", ENOSPC);
  EXPECT_FALSE(settle(failing, cache_.key));
  must(settle(store(), cache_.key));
  EXPECT_EQ(files_of(store(), cache_.key), Files({{"a", "1"}}));
}

TEST_F(SettleTest, WhereEvenTheFailureCannotBeNotedThatIsTold) {
  class DeadOs : public Os {
   public:
    bool dead = false;

   protected:
    int before(const char* call) override {
      dead = dead || std::string_view(call) == "syncfs";
      return dead ? EROFS : 0;
    }
  };
  DeadOs os;
  const Store failing = must(Store::open(os, store().path()));
  commit(store(), cache_, {{"a", "1"}});
  const Status done = settle(failing, cache_.key);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().cause.find("noted"), std::string::npos);
}

TEST_F(SettleTest, ACommitThatAnotherProcessGaveUpIsNotSettled) {
  commit(store(), cache_, {{"a", "1"}});
  CommitOs os;
  const Store slow = must(Store::open(os, store().path()));
  os.meanwhile = [&] { must(begin_era(store())); };
  const Status done = settle(slow, cache_.key);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().cause.find("another process"), std::string::npos);
  EXPECT_EQ(settled_id(store(), cache_.key), "");
}

TEST_F(SettleTest, WithoutASyncThereIsNoManifest) {
  DenyOs os;
  const Store denied = must(Store::open(os, store().path()));
  commit(store(), cache_, {{"a", "1"}});
  const std::string layer = current_layers(store(), cache_.key).at(0);
  os.deny("syncfs", EIO);
  EXPECT_FALSE(settle(denied, cache_.key));
  EXPECT_FALSE(must(has_manifest(store(), layer)));
}

TEST_F(SettleTest, ADamagedSettledRefIsReplaced) {
  commit(store(), cache_, {{"a", "1"}});
  put_file(store().dir(), ref_dir(cache_.key) + "/settled", "torn");
  must(settle(store(), cache_.key));
  EXPECT_EQ(settled_id(store(), cache_.key), current_id(store(), cache_.key));
}

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
  damage(store(), volume_key("b"));
  const Status settled = settle_all(store());
  ASSERT_FALSE(settled);
  EXPECT_EQ(settled.error().code, ErrorCode::damage);
  for (const char* name : {"a", "c"})
    EXPECT_EQ(settled_id(store(), volume_key(name)), current_id(store(), volume_key(name)));
}

}  // namespace
}  // namespace larder::store
