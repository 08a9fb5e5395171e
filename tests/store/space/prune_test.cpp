#include "store/space/prune.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>

#include "store/care/upkeep.hpp"
#include "store/layer/disk_usage.hpp"
#include "support/child.hpp"
#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

constexpr uint64_t megabyte = 1'000'000;

class PruneTest : public ::testing::Test {
 protected:
  const Store& store() const { return temp_.store; }
  uint64_t size() const { return must(DiskUsage(store()).add(".")); }
  static int64_t now() { return std::time(nullptr); }

  void commit_built(const VolumeSpec& spec, double seconds, uint64_t bytes, const std::string& name = "a") {
    Transaction transaction = begin(store(), spec);
    fill(store(), transaction, {{name, std::string(bytes, 'x')}});
    must(transaction.seal(Outcome::success, seconds));
    must(settle(store(), spec.key));
  }

  /// A megabyte, and 800 KB more in ten earlier generations; less than the retention allows.
  void commit_with_past(const VolumeSpec& spec) {
    commit_built(spec, 10, megabyte);
    for (int i = 0; i < 9; ++i) commit_built(spec, 10, megabyte / 10, "b");
    must(flatten(store(), spec.key));
    must(settle(store(), spec.key));
    must(collect(store()));
  }

  void use_days_ago(const VolumeSpec& spec, int64_t days) {
    set_mtime(store().dir(), ref_dir(spec.key) + "/current", now() - days * one_day, 0);
  }

  std::vector<std::string> left() const {
    std::vector<std::string> names;
    for (const VolumeKey& key : must(list_volumes(store()))) names.push_back(key.name());
    return names;
  }

  static Limits at_most(uint64_t bytes) {
    Limits limits;
    limits.max_bytes = bytes;
    return limits;
  }

  TempStore temp_{Place::disk};  // where directories take blocks too
  const VolumeSpec slow_ = compiled("slow");
  const VolumeSpec quick_ = compiled("quick");
};

using Names = std::vector<std::string>;

Names names_of(const PrunePlan& plan) {
  Names names;
  for (const Eviction& eviction : plan.volumes) names.push_back(eviction.spec.key.name());
  return names;
}

TEST_F(PruneTest, NothingGoesWhereNothingMust) {
  commit_built(slow_, 60, megabyte);
  must(collect(store()));
  const PrunePlan plan = must(plan_prune(store(), Limits(), now()));
  EXPECT_TRUE(plan.history.empty() && plan.volumes.empty());
  EXPECT_EQ(plan.before_bytes, size());
  EXPECT_EQ(plan.after_bytes, size());
  EXPECT_EQ(must(plan_prune(store(), at_most(size()), now())).volumes.size(), 0U);
}

TEST_F(PruneTest, OfAnEmptyStore) {
  const PrunePlan plan = must(enforce(store(), at_most(0), now()));
  EXPECT_EQ(plan.after_bytes, size());
  EXPECT_TRUE(plan.in_use.empty());
}

TEST_F(PruneTest, PlanningChangesNothing) {
  commit_built(slow_, 60, megabyte);
  put_file(store().dir(), "trash/left/file", "x");
  const uint64_t before = size();
  const PrunePlan plan = must(plan_prune(store(), at_most(0), now()));
  EXPECT_EQ(names_of(plan), Names({"slow"}));
  EXPECT_EQ(size(), before);
  EXPECT_EQ(left(), Names({"slow"}));
}

TEST_F(PruneTest, WhatIsQuickToBuildForItsSizeGoesFirst) {
  commit_built(slow_, 60, megabyte);
  commit_built(quick_, 5, megabyte);
  const PrunePlan done = must(enforce(store(), at_most(size() - megabyte / 2), now()));
  EXPECT_EQ(names_of(done), Names({"quick"}));
  EXPECT_EQ(done.volumes[0].reason, Reason::size);
  EXPECT_GE(done.volumes[0].freed_bytes, megabyte);
  EXPECT_EQ(done.rebuild_seconds, 5);
  EXPECT_EQ(left(), Names({"slow"}));
  EXPECT_EQ(done.after_bytes, size());
}

TEST_F(PruneTest, OfALargeAndASmallOneTheLargeGoesFirst) {
  commit_built(compiled("small"), 10, megabyte);
  commit_built(compiled("large"), 10, 3 * megabyte);
  EXPECT_EQ(names_of(must(plan_prune(store(), at_most(size() - megabyte / 2), now()))), Names({"large"}));
}

TEST_F(PruneTest, OfEqualsTheLeastRecentlyUsedGoesFirst) {
  for (const char* name : {"a", "b", "c"}) commit_built(compiled(name), 10, megabyte);
  use_days_ago(compiled("a"), 1);
  use_days_ago(compiled("b"), 3);
  use_days_ago(compiled("c"), 2);
  EXPECT_EQ(names_of(must(plan_prune(store(), at_most(0), now()))), Names({"b", "c", "a"}));
}

TEST_F(PruneTest, WhatIsSharedCountsOnceItsSharersAreGone) {
  commit_built(slow_, 100, 2 * megabyte);
  must(fork_volume(store(), slow_.key, "copy"));
  commit_built(quick_, 1, megabyte);
  // Each of the two alone frees nothing, the second one of them all.
  const PrunePlan plan = must(plan_prune(store(), at_most(0), now()));
  EXPECT_EQ(plan.volumes.size(), 3U);
  EXPECT_EQ(plan.volumes[0].spec.key.name(), "quick");
  EXPECT_LT(plan.volumes[1].freed_bytes, megabyte);
  EXPECT_GE(plan.volumes[2].freed_bytes, 2 * megabyte);
}

/// Flattened layers share files by hard links.
TEST_F(PruneTest, FilesOfSeveralLayersComeBackWithTheLast) {
  for (int i = 0; i < 9; ++i) commit_built(slow_, 10, megabyte / 10, std::to_string(i));
  must(flatten(store(), slow_.key));
  must(settle(store(), slow_.key));
  const PrunePlan plan = must(plan_prune(store(), at_most(0), now()));
  EXPECT_EQ(must(enforce(store(), at_most(0), now())).volumes.size(), 1U);
  EXPECT_LE(std::max(size(), plan.after_bytes) - std::min(size(), plan.after_bytes), 16384U);
}

TEST_F(PruneTest, ThePastGoesBeforeAnyVolume) {
  commit_with_past(quick_);
  const uint64_t before = size();
  const PrunePlan done = must(enforce(store(), at_most(before - 7 * megabyte / 10), now()));
  EXPECT_TRUE(done.volumes.empty());
  EXPECT_EQ(done.generations(), 10U);
  EXPECT_EQ(done.rebuild_seconds, 0);
  EXPECT_LE(size(), before - 7 * megabyte / 10);
}

TEST_F(PruneTest, TheOldestPastGoesFirstAndOnlyAsMuchAsMust) {
  commit_with_past(slow_);
  const auto before = must(history(store(), slow_.key));
  ASSERT_EQ(before.size(), 11U);
  const PrunePlan plan = must(plan_prune(store(), at_most(size() - 1), now()));  // as much as a record takes
  ASSERT_EQ(plan.history.size(), 1U);
  EXPECT_EQ(plan.history[0].newest, before[0].id);
  EXPECT_EQ(plan.history[0].oldest, before[9].id);
  EXPECT_EQ(plan.generations(), 1U);
  must(prune(store(), plan));
  EXPECT_EQ(must(history(store(), slow_.key)).size(), 10U);
}

TEST_F(PruneTest, KeepsToTheRetention) {
  commit_built(slow_, 10, megabyte);
  for (int i = 0; i < 3; ++i) commit_built(slow_, 10, 100, std::to_string(i));
  Limits limits;
  limits.retention = {2, 0};
  const PrunePlan done = must(enforce(store(), limits, now() + 1));
  EXPECT_EQ(done.generations(), 2U);
  EXPECT_EQ(must(history(store(), slow_.key)).size(), 2U);
  EXPECT_EQ(names_in(store(), "generations").size(), 2U);
}

TEST_F(PruneTest, VolumesThatNobodyUsesGoWithTime) {
  for (const VolumeSpec& spec : {slow_, quick_}) commit_built(spec, 10, megabyte);
  use_days_ago(slow_, 31);
  use_days_ago(quick_, 29);
  Limits limits;
  limits.max_age_seconds = 30 * one_day;
  const PrunePlan done = must(enforce(store(), limits, now()));
  EXPECT_EQ(names_of(done), Names({"slow"}));
  EXPECT_EQ(done.volumes[0].reason, Reason::age);
  EXPECT_EQ(left(), Names({"quick"}));
}

TEST_F(PruneTest, VolumesInUseStayAndAreNamed) {
  commit_built(slow_, 10, megabyte);
  commit_built(quick_, 1, megabyte);
  const Transaction running = begin(store(), reading(quick_));
  const PrunePlan done = must(enforce(store(), at_most(megabyte / 2), now()));
  EXPECT_EQ(names_of(done), Names({"slow"}));
  ASSERT_EQ(done.in_use.size(), 1U);
  EXPECT_EQ(done.in_use[0].key, quick_.key);
  EXPECT_EQ(done.in_use[0].holder, "the test");
  EXPECT_EQ(left(), Names({"quick"}));
}

TEST_F(PruneTest, VolumesOfWritersStayAndAreNamed) {
  commit_built(quick_, 1, megabyte);
  const auto writer = must(try_writer(store(), quick_.key, "larder build x64"));
  const PrunePlan done = must(enforce(store(), at_most(0), now()));
  ASSERT_EQ(done.in_use.size(), 1U);
  EXPECT_EQ(done.in_use[0].holder, "larder build x64");
  EXPECT_EQ(left(), Names({"quick"}));
}

TEST_F(PruneTest, WhatIsUsedOrBuiltAfterThePlanStays) {
  for (const char* name : {"a", "b", "c"}) commit_built(compiled(name), 10, megabyte);
  const PrunePlan plan = must(plan_prune(store(), at_most(0), now()));
  EXPECT_EQ(plan.volumes.size(), 3U);
  commit_built(compiled("a"), 10, 100, "new");
  const Transaction running = begin(store(), reading(compiled("b")));
  EXPECT_EQ(names_of(must(prune(store(), plan))), Names({"c"}));
  EXPECT_EQ(left(), Names({"a", "b"}));
}

TEST_F(PruneTest, LayersOfARunningBuildStayThoughItsVolumeGoes) {
  commit_built(slow_, 10, megabyte);
  must(fork_volume(store(), slow_.key, "copy"));
  const Transaction running = begin(store(), reading(slow_));
  const PrunePlan done = must(enforce(store(), at_most(0), now()));
  EXPECT_EQ(names_of(done), Names({"copy"}));
  EXPECT_LT(done.volumes[0].freed_bytes, megabyte);
  EXPECT_EQ(files_of(store(), running.forks()[0].base.layers).size(), 1U);
}

TEST_F(PruneTest, DownloadsCostOneFetchAndNoneWhereASiblingHasThem) {
  {
    Transaction transaction =
        begin(store(), writing(download("cache-x64"), {}, {download("cache-arm64"), download("cache-armhf")}));
    fill(store(), transaction, {{"a", std::string(megabyte, 'x')}});
    must(transaction.seal(Outcome::success, 20));
  }
  must(settle_all(store()));
  EXPECT_EQ(must(plan_prune(store(), at_most(0), now())).rebuild_seconds, 20);
  const Transaction running = begin(store(), reading(download("cache-armhf")));
  const PrunePlan plan = must(plan_prune(store(), at_most(0), now()));
  EXPECT_EQ(plan.volumes.size(), 2U);
  EXPECT_EQ(plan.rebuild_seconds, 0);
}

TEST_F(PruneTest, GarbageIsNoReasonToRemoveAVolume) {
  commit_built(slow_, 10, megabyte);
  const uint64_t limit = size() + 8192;
  put_file(store().dir(), "trash/left/file", std::string(megabyte, 'x'));
  put_file(store().dir(), "layers/0123456789abcdef/tree/a", std::string(megabyte, 'x'));
  exit_code_of([&] {
    const Transaction transaction = begin(store(), slow_);
    fill(store(), transaction, {{"b", std::string(megabyte, 'x')}});
    ::_exit(0);
  });
  const PrunePlan plan = must(plan_prune(store(), at_most(limit), now()));
  EXPECT_TRUE(plan.volumes.empty());
  EXPECT_GT(plan.before_bytes, limit + 2 * megabyte);
  EXPECT_LE(must(enforce(store(), at_most(limit), now())).after_bytes, limit);
  EXPECT_LE(size(), limit);
}

TEST_F(PruneTest, ADamagedVolumeIsNoObstacle) {
  commit_built(slow_, 10, megabyte);
  commit_built(quick_, 10, megabyte);
  damage(store(), slow_.key);
  EXPECT_EQ(names_of(must(enforce(store(), at_most(0), now()))), Names({"quick"}));
}

TEST_F(PruneTest, AnEvictedVolumeStartsFromNothing) {
  commit_built(slow_, 10, megabyte);
  must(enforce(store(), at_most(0), now()));
  EXPECT_TRUE(begin(store(), slow_).forks()[0].started_from_nothing);
  commit_built(slow_, 10, 100, "b");
  EXPECT_EQ(files_of(store(), slow_.key), Files({{"b", std::string(100, 'x')}}));
}

TEST_F(PruneTest, UpkeepKeepsToTheLimits) {
  for (const char* name : {"a", "b", "c"}) commit_built(compiled(name), 10, megabyte);
  const uint64_t limit = size() - megabyte / 2;
  must(upkeep(store()));
  EXPECT_EQ(left().size(), 3U);
  must(upkeep(store(), at_most(limit)));
  EXPECT_EQ(left().size(), 2U);
  EXPECT_LE(size(), limit);
}

TEST_F(PruneTest, ForAUserItSettlesFirst) {
  commit(store(), slow_, {{"a", std::string(megabyte, 'x')}});
  commit(store(), slow_, {{"b", "x"}});
  Limits limits;
  limits.retention = {1, 0};
  must(prune_now(store(), limits));
  EXPECT_EQ(settled_id(store(), slow_.key), current_id(store(), slow_.key));
  EXPECT_EQ(names_in(store(), "generations").size(), 1U);
}

}  // namespace
}  // namespace larder::store
