#include "store/space/usage.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <set>

#include "support/child.hpp"
#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

class UsageTest : public ::testing::Test {
 protected:
  const Store& store() const { return temp_.store; }

  uint64_t du() const {
    FILE* pipe = ::popen(("du -s -B1 " + store().path() + " 2>/dev/null").c_str(), "r");
    must(pipe != nullptr, "no du");
    unsigned long bytes = 0;
    must(std::fscanf(pipe, "%lu", &bytes) == 1, "du said nothing");
    (void)::pclose(pipe);  // it fails where it may not look, which is told by its silence there
    return bytes;
  }

  TempStore temp_{Place::disk};  // where directories take blocks too
  const VolumeSpec cache_ = download("cargo-cache-x64");
  const VolumeSpec other_ = download("cargo-cache-arm64");
  const VolumeSpec target_ = compiled("pantry-x64");
};

TEST_F(UsageTest, OfAnEmptyStore) {
  const StoreUsage usage = must(measure_usage(store()));
  EXPECT_TRUE(usage.volumes.empty());
  EXPECT_EQ(usage.layer_bytes, 0U);
  EXPECT_EQ(usage.disk_bytes, du());
}

TEST_F(UsageTest, CountsAsDuDoes) {
  for (int i = 0; i < 9; ++i)
    commit(store(), cache_, {{"a" + std::to_string(i), std::string(10'000, 'x')}, {"d/b", std::string(5000, 'y')}});
  must(flatten(store(), cache_.key));
  {
    Transaction transaction = begin(store(), target_);
    put_file(store().dir(), upper(transaction) + "/read-only/file", std::string(70'000, 'z'), 0444);
    put_dir(store().dir(), upper(transaction) + "/read-only", 0555);
    must(transaction.seal(Outcome::success));
  }
  const Transaction running = begin(store(), cache_);
  fill(store(), running, {{"new", std::string(20'000, 'x')}});
  put_dir(store().dir(), running.forks()[0].dir + "/work/work", 0000);
  EXPECT_EQ(must(measure_usage(store())).disk_bytes, du());
}

TEST_F(UsageTest, OfADamagedVolumeTellsWhy) {
  commit(store(), cache_, {{"a", "x"}});
  commit(store(), target_, {{"a", std::string(100'000, 'x')}});
  damage(store(), target_.key);
  const StoreUsage usage = must(measure_usage(store()));
  ASSERT_EQ(usage.volumes.size(), 1U);
  EXPECT_EQ(usage.volumes[0].generation.spec.key, cache_.key);
  ASSERT_EQ(usage.damaged.size(), 1U);
  EXPECT_EQ(usage.damaged[0].message, "the volume pantry-x64 is damaged");
  EXPECT_EQ(usage.disk_bytes, du());
}

TEST_F(UsageTest, ItsPartsAddUpToWhatDuCounts) {
  const std::string text(100'000, 'x');
  for (int i = 0; i < 3; ++i) commit(store(), target_, {{"a", text}});
  must(flatten(store(), target_.key));
  {
    Transaction transaction = begin(store(), writing(cache_, {}, {other_}));
    fill(store(), transaction, {{"shared", text}});
    must(transaction.seal(Outcome::success));
  }
  must(settle_all(store()));
  const Transaction running = begin(store(), cache_);
  fill(store(), running, {{"new", text}});
  put_file(store().dir(), "logs/pantry-x64.log", text);
  put_file(store().dir(), "trash/left/file", text);
  put_file(store().dir(), "layers/0123456789abcdef/tree/a", text);
  exit_code_of([&] {
    const Transaction dead = begin(store(), cache_);
    fill(store(), dead, {{"new", text}});
    ::_exit(0);
  });
  const StoreUsage usage = must(measure_usage(store()));
  EXPECT_EQ(usage.disk_bytes, du());
  EXPECT_EQ(
      usage.current_bytes + usage.history_bytes + usage.running_bytes + usage.reclaimable_bytes + usage.other_bytes,
      usage.disk_bytes);
  for (const uint64_t part : {usage.current_bytes, usage.history_bytes, usage.running_bytes, usage.reclaimable_bytes,
                              usage.other_bytes, usage.shared_bytes})
    EXPECT_GE(part, 90'000U);
  EXPECT_GE(usage.reclaimable_bytes, 300'000U);
  EXPECT_EQ(must(collect(store())), usage.reclaimable_bytes);
  const StoreUsage after = must(measure_usage(store()));
  EXPECT_EQ(after.reclaimable_bytes, 0U);
  EXPECT_EQ(after.layer_bytes, usage.layer_bytes);
  EXPECT_EQ(after.history_bytes, usage.history_bytes);
}

TEST_F(UsageTest, WhatALaterLayerHidesIsThePast) {
  const std::string text(100'000, 'x');
  commit(store(), target_, {{"a", text}, {"d/b", text}});
  commit(store(), cache_, {{"a", text}});
  must(settle_all(store()));
  EXPECT_EQ(must(measure_usage(store())).history_bytes, 0U);
  commit(store(), target_, {{"a", text}});
  const StoreUsage usage = must(measure_usage(store()));
  EXPECT_GE(usage.history_bytes, 100'000U);
  EXPECT_LT(usage.history_bytes, 110'000U);
  EXPECT_GE(usage.current_bytes, 300'000U);
  EXPECT_LT(usage.current_bytes, 400'000U);
}

TEST_F(UsageTest, TellsOfEachVolume) {
  commit(store(), cache_, {{"a", std::string(10'000, 'x')}, {"b", std::string(2000, 'x')}});
  must(settle(store(), cache_.key));
  commit(store(), target_, {{"d/c", "123"}});
  const Transaction running = begin(store(), reading(target_));
  set_mtime(store().dir(), ref_dir(cache_.key) + "/current", 1000, 0);
  const StoreUsage usage = must(measure_usage(store()));
  ASSERT_EQ(usage.volumes.size(), 2U);
  const VolumeUsage& cache = usage.volumes[0];
  EXPECT_EQ(cache.generation.spec.key, cache_.key);
  EXPECT_EQ(cache.files, 2U);
  EXPECT_EQ(cache.logical_bytes, 12'000U);
  EXPECT_GE(cache.disk_bytes, 12'000U);
  EXPECT_EQ(cache.shared_bytes, 0U);
  EXPECT_EQ(cache.last_used_seconds, 1000);
  EXPECT_TRUE(cache.settled);
  EXPECT_EQ(cache.used_by, "");
  EXPECT_FALSE(usage.volumes[1].settled);
  EXPECT_EQ(usage.volumes[1].used_by, "the test");
  EXPECT_EQ(usage.layer_bytes, cache.disk_bytes + usage.volumes[1].disk_bytes);
}

TEST_F(UsageTest, ASharedLayerIsCountedOnceInAll) {
  Transaction transaction = begin(store(), writing(cache_, {}, {other_}));
  fill(store(), transaction, {{"a", std::string(100'000, 'x')}});
  must(transaction.seal(Outcome::success));
  const StoreUsage usage = must(measure_usage(store()));
  ASSERT_EQ(usage.volumes.size(), 2U);
  for (const VolumeUsage& volume : usage.volumes) {
    EXPECT_EQ(volume.disk_bytes, usage.layer_bytes);
    EXPECT_EQ(volume.shared_bytes, volume.disk_bytes);
  }
  EXPECT_EQ(usage.volumes[0].shared_with, std::vector<std::string>({cache_.key.name()}));
  EXPECT_EQ(usage.volumes[1].shared_with, std::vector<std::string>({other_.key.name()}));
}

TEST_F(UsageTest, CountsFilesAsABuildSeesThem) {
  commit(store(), cache_, {{"a", "1"}, {"b", "22"}});
  Transaction transaction = begin(store(), cache_);
  put_whiteout(store().dir(), upper(transaction) + "/a");
  fill(store(), transaction, {{"b", "333"}});
  must(transaction.seal(Outcome::success));
  const VolumeUsage volume = must(measure_usage(store())).volumes.at(0);
  EXPECT_EQ(volume.files, 1U);
  EXPECT_EQ(volume.logical_bytes, 3U);
}

TEST_F(UsageTest, ADirectoryThatCannotBeReadIsNoObstacle) {
  Transaction transaction = begin(store(), cache_);
  put_file(store().dir(), upper(transaction) + "/a", "1");
  put_dir(store().dir(), upper(transaction) + "/closed", 0000);
  put_dir(store().dir(), upper(transaction) + "/listed", 0444);
  must(transaction.seal(Outcome::success));
  EXPECT_EQ(must(measure_usage(store())).volumes.size(), 1U);
  must(settle(store(), cache_.key));  // makes it readable
  EXPECT_EQ(must(measure_usage(store())).volumes.at(0).files, 1U);
}

/// A build that runs meanwhile makes and deletes files all the time.
TEST_F(UsageTest, ThingsMayVanishWhileItLooks) {
  class VanishingOs : public Os {
   public:
    std::function<void()> vanish;

   protected:
    int before(const char* call) override {
      if (std::string_view(call) == "open" && vanish) vanish();
      return 0;
    }
  };
  VanishingOs os;
  const Store shaky = must(Store::open(os, store().path()));
  const Transaction running = begin(store(), cache_);
  const std::string folder = upper(running) + "/temporary";
  // Whichever directory is opened next has just gone, but for those that always stay.
  for (int k = 0; k < 40; ++k) {
    put_dir(store().dir(), folder);
    int calls = 0;
    os.vanish = [&] {
      if (calls++ == k) (void)temp_.os.rmdir(store().dir(), folder);
    };
    must(measure_usage(shaky));
  }
}

TEST_F(UsageTest, VolumesOfOneNameShareWhatBothHave) {
  const std::string text(100'000, 'x');
  VolumeSpec below = compiled("image-debian-bookworm");
  below.key = must(VolumeKey::make("image-debian-bookworm", "0123456789abcdef"));
  VolumeSpec above = below;
  above.key = must(VolumeKey::make("image-debian-bookworm", "fedcba9876543210"));
  commit(store(), below, {{"a", text}});
  Transaction transaction = begin(store(), writing(above, {}, {below}));
  fill(store(), transaction, {{"b", text}});
  must(transaction.seal(Outcome::success));
  const StoreUsage usage = must(measure_usage(store()));
  ASSERT_EQ(usage.volumes.size(), 2U);
  const bool first_is_below = usage.volumes[0].generation.spec.key == below.key;
  const VolumeUsage& one = usage.volumes[first_is_below ? 0 : 1];
  const VolumeUsage& two = usage.volumes[first_is_below ? 1 : 0];
  EXPECT_EQ(one.shared_bytes, one.disk_bytes);
  EXPECT_EQ(two.shared_bytes, one.disk_bytes);
  EXPECT_EQ(one.shared_with, std::vector<std::string>{"image-debian-bookworm@fedcba98"});
  EXPECT_EQ(two.shared_with, std::vector<std::string>{"image-debian-bookworm@01234567"});
  EXPECT_EQ(usage.layer_bytes, two.disk_bytes) << "one is all in two";
  EXPECT_EQ(usage.shared_bytes, one.disk_bytes);
  EXPECT_EQ(usage.disk_bytes, du());
}

}  // namespace
}  // namespace larder::store
