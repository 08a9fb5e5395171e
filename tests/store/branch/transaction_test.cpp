#include "store/branch/transaction.hpp"

#include <gtest/gtest.h>
#include <sys/file.h>

#include "base/pipe.hpp"
#include "support/child.hpp"
#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

class TransactionTest : public ::testing::Test {
 protected:
  const Store& store() const { return temp_.store; }
  TempStore temp_;
  const VolumeSpec cache_ = download("cargo-cache-x64");
  const VolumeSpec other_ = download("cargo-cache-arm64");
  const VolumeSpec target_ = compiled("pantry-x64");
};

TEST_F(TransactionTest, ANewVolumeStartsFromNothing) {
  const Transaction transaction = begin(store(), cache_);
  const Fork& fork = transaction.forks().at(0);
  EXPECT_TRUE(fork.started_from_nothing);
  EXPECT_TRUE(fork.base.id.empty());
  for (const char* part : {"/upper", "/work"}) EXPECT_TRUE(exists(store().dir(), fork.dir + part));
}

TEST_F(TransactionTest, AReadOnlyForkHasNoUpper) {
  const Transaction transaction = begin(store(), reading(cache_));
  EXPECT_FALSE(exists(store().dir(), upper(transaction)));
  EXPECT_TRUE(exists(store().dir(), transaction.root_dir()));
}

TEST_F(TransactionTest, SealMakesAGeneration) {
  Transaction transaction = begin(store(), cache_);
  fill(store(), transaction, {{"a", "1"}});
  const auto sealed = must(transaction.seal(Outcome::failed));
  ASSERT_EQ(sealed.size(), 1U);
  EXPECT_TRUE(sealed[0].changed);
  EXPECT_EQ(sealed[0].layers, current_layers(store(), cache_.key));
  const Generation generation = must(current_generation(store(), cache_.key)).value();
  EXPECT_EQ(generation.outcome, Outcome::failed);
  EXPECT_EQ(generation.parent, "");
  EXPECT_EQ(files_of(store(), cache_.key), Files({{"a", "1"}}));
}

TEST_F(TransactionTest, TheNextForkSeesIt) {
  commit(store(), cache_, {{"a", "1"}, {"b", "1"}});
  const std::string first = current_id(store(), cache_.key);
  {
    Transaction transaction = begin(store(), cache_);
    EXPECT_FALSE(transaction.forks()[0].started_from_nothing);
    EXPECT_EQ(transaction.forks()[0].base.id, first);
    fill(store(), transaction, {{"b", "2"}});
    put_whiteout(store().dir(), upper(transaction) + "/a");
    must(transaction.seal(Outcome::success));
  }
  EXPECT_EQ(files_of(store(), cache_.key), Files({{"b", "2"}}));
  EXPECT_EQ(must(current_generation(store(), cache_.key))->parent, first);
}

TEST_F(TransactionTest, WhatIsNotSealedIsThrownAway) {
  commit(store(), cache_, {{"a", "1"}});
  const std::string first = current_id(store(), cache_.key);
  {
    const Transaction transaction = begin(store(), cache_);
    fill(store(), transaction, {{"a", "2"}, {"b", "2"}});
  }
  EXPECT_EQ(current_id(store(), cache_.key), first);
  EXPECT_EQ(files_of(store(), cache_.key), Files({{"a", "1"}}));
  EXPECT_TRUE(names_in(store(), "transactions").empty());
  must(collect(store()));
  EXPECT_TRUE(names_in(store(), "trash").empty());
  EXPECT_EQ(names_in(store(), "layers").size(), 1U);
}

TEST_F(TransactionTest, NoChangeMakesNoGeneration) {
  commit(store(), cache_, {{"a", "1"}});
  commit(store(), target_, {{"a", "1"}});
  for (const VolumeSpec& spec : {cache_, target_}) {
    const std::string first = current_id(store(), spec.key);
    Transaction transaction = begin(store(), spec);
    EXPECT_FALSE(must(transaction.seal(Outcome::success))[0].changed);
    EXPECT_EQ(current_id(store(), spec.key), first);
  }
  EXPECT_EQ(names_in(store(), "generations").size(), 2U);
  EXPECT_EQ(names_in(store(), "layers").size(), 2U);
}

TEST_F(TransactionTest, NoChangeOfNothingMakesNoVolume) {
  for (const VolumeSpec& spec : {cache_, target_}) {
    Transaction transaction = begin(store(), writing(spec, {}, {other_}));
    EXPECT_FALSE(must(transaction.seal(Outcome::success))[0].changed);
  }
  EXPECT_TRUE(must(list_volumes(store())).empty());
}

TEST_F(TransactionTest, ConcurrentDownloadsMerge) {
  commit(store(), cache_, {{"base", "0"}});
  Transaction first = begin(store(), cache_);
  Transaction second = begin(store(), cache_);
  fill(store(), first, {{"a", "1"}});
  fill(store(), second, {{"b", "2"}});
  must(first.seal(Outcome::success));
  const auto sealed = must(second.seal(Outcome::success));
  EXPECT_EQ(files_of(store(), cache_.key), Files({{"base", "0"}, {"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(sealed[0].layers, current_layers(store(), cache_.key));
  EXPECT_EQ(sealed[0].layers.size(), 3U);
}

TEST_F(TransactionTest, TwoBuildsThatMakeAVolumeBothKeepTheirFiles) {
  Transaction first = begin(store(), cache_);
  Transaction second = begin(store(), cache_);
  fill(store(), first, {{"a", "1"}});
  fill(store(), second, {{"b", "2"}});
  must(second.seal(Outcome::success));
  must(first.seal(Outcome::success));
  EXPECT_EQ(files_of(store(), cache_.key), Files({{"a", "1"}, {"b", "2"}}));
}

TEST_F(TransactionTest, AnEarlierForkSeesOnlyItsOwnBase) {
  commit(store(), cache_, {{"a", "1"}});
  const Transaction early = begin(store(), cache_);
  commit(store(), cache_, {{"a", "2"}});
  EXPECT_EQ(files_of(store(), early.forks()[0].base.layers), Files({{"a", "1"}}));
}

TEST_F(TransactionTest, OtherTargetsGetTheSameLayer) {
  commit(store(), other_, {{"own", "0"}});
  commit(store(), cache_, {{"base", "0"}});
  Transaction transaction = begin(store(), writing(cache_, {}, {other_, download("cargo-cache-musl-x64")}));
  fill(store(), transaction, {{"a", "1"}});
  must(transaction.seal(Outcome::success));
  const auto layers = current_layers(store(), cache_.key);
  EXPECT_EQ(files_of(store(), other_.key), Files({{"own", "0"}, {"base", "0"}, {"a", "1"}}));
  EXPECT_EQ(current_layers(store(), volume_key("cargo-cache-musl-x64")), layers);
  EXPECT_EQ(current_layers(store(), other_.key).back(), layers.back());
  EXPECT_EQ(names_in(store(), "layers").size(), 3U);
}

TEST_F(TransactionTest, OtherTargetsGetTheBaseAlsoWithoutAChange) {
  commit(store(), cache_, {{"base", "0"}});
  Transaction transaction = begin(store(), writing(cache_, {}, {other_}));
  EXPECT_FALSE(must(transaction.seal(Outcome::success))[0].changed);
  EXPECT_EQ(current_layers(store(), other_.key), current_layers(store(), cache_.key));
}

TEST_F(TransactionTest, ANewVolumeStartsAsItsNewestSibling) {
  commit(store(), cache_, {{"old", "1"}});
  Generation old = must(current_generation(store(), cache_.key)).value();
  old.created_seconds -= 100;
  must(write_generation(store(), old));
  commit(store(), other_, {{"new", "1"}});
  const VolumeSpec musl = download("cargo-cache-musl-x64");
  Transaction transaction = begin(store(), writing(musl, {cache_.key, other_.key, volume_key("nothing")}));
  EXPECT_FALSE(transaction.forks()[0].started_from_nothing);
  EXPECT_EQ(transaction.forks()[0].base.layers, current_layers(store(), other_.key));
  EXPECT_TRUE(must(transaction.seal(Outcome::success))[0].layers == current_layers(store(), other_.key));
  EXPECT_EQ(current_layers(store(), musl.key), current_layers(store(), other_.key));
  EXPECT_EQ(names_in(store(), "layers").size(), 2U);
}

TEST_F(TransactionTest, ADamagedSiblingIsNoObstacle) {
  commit(store(), other_, {{"a", "1"}});
  damage(store(), other_.key);
  const Transaction transaction = begin(store(), writing(cache_, {other_.key}));
  EXPECT_TRUE(transaction.forks()[0].started_from_nothing);
}

TEST_F(TransactionTest, AnExistingVolumeIgnoresItsSiblings) {
  commit(store(), cache_, {{"a", "1"}});
  commit(store(), other_, {{"b", "1"}});
  const Transaction transaction = begin(store(), writing(cache_, {other_.key}));
  EXPECT_EQ(transaction.forks()[0].base.layers, current_layers(store(), cache_.key));
}

TEST_F(TransactionTest, SeveralVolumesInOneTransaction) {
  Transaction transaction =
      begin(store(), std::vector<ForkRequest>{reading(cache_), writing(target_), writing(other_)});
  fill(store(), transaction, {{"t", "1"}}, 1);
  fill(store(), transaction, {{"o", "1"}}, 2);
  const auto sealed = must(transaction.seal(Outcome::success));
  ASSERT_EQ(sealed.size(), 3U);
  EXPECT_FALSE(sealed[0].changed);
  EXPECT_EQ(files_of(store(), target_.key), Files({{"t", "1"}}));
  EXPECT_EQ(files_of(store(), other_.key), Files({{"o", "1"}}));
  EXPECT_EQ(must(list_volumes(store())).size(), 2U);
}

TEST_F(TransactionTest, AMissingLayerIsDamageWithAHint) {
  commit(store(), cache_, {{"a", "1"}});
  must(remove_tree(temp_.os, store().dir(), "layers/" + current_layers(store(), cache_.key)[0]));
  const auto begun = Transaction::begin(store(), {writing(cache_)}, "the test");
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, ErrorCode::damage);
  EXPECT_NE(begun.error().hint.find("larder cache clean cargo-cache-x64"), std::string::npos);
  EXPECT_TRUE(names_in(store(), "transactions").empty());
}

TEST_F(TransactionTest, ACompiledVolumeWhoseRefWasDamagedMeanwhileIsToldNotAborted) {
  commit(store(), target_, {{"a", "1"}});
  must(settle(store(), target_.key));
  commit(store(), target_, {{"a", "2"}});
  Transaction transaction = begin(store(), target_);
  fill(store(), transaction, {{"b", "3"}});
  put_file(store().dir(), ref_dir(target_.key) + "/current", "torn");
  const auto sealed = transaction.seal(Outcome::success);
  ASSERT_FALSE(sealed);
  EXPECT_EQ(sealed.error().code, ErrorCode::damage);
  EXPECT_EQ(files_of(store(), target_.key), Files({{"a", "1"}}));
}

TEST_F(TransactionTest, ABuildMayMakeTheVolumeReadOnly) {
  Transaction transaction = begin(store(), cache_);
  fill(store(), transaction, {{"a", "1"}});
  must(temp_.os.chmod(store().dir(), upper(transaction), 0555));
  must(transaction.seal(Outcome::success));
  EXPECT_EQ(files_of(store(), cache_.key), Files({{"a", "1"}}));
}

TEST_F(TransactionTest, ForkingMarksTheVolumeAsUsed) {
  commit(store(), cache_, {{"a", "1"}});
  set_mtime(store().dir(), ref_dir(cache_.key) + "/current", 1000, 0);
  const Transaction transaction = begin(store(), reading(cache_));
  EXPECT_GT(must(last_used_seconds(store(), cache_.key)), 1000);
}

TEST_F(TransactionTest, LeavesNoDescriptorOpen) {
  commit(store(), cache_, {{"a", "1"}});
  const int before = open_fds();
  commit(store(), cache_, {{"a", "2"}});
  { const Transaction transaction = begin(store(), cache_); }
  EXPECT_EQ(open_fds(), before);
}

TEST_F(TransactionTest, MovesItsDuty) {
  std::optional<Transaction> kept;
  {
    Transaction transaction = begin(store(), cache_);
    kept.emplace(std::move(transaction));
  }
  EXPECT_EQ(names_in(store(), "transactions").size(), 1U);
  fill(store(), *kept, {{"a", "1"}});
  must(kept->seal(Outcome::success));
  kept.reset();
  EXPECT_TRUE(names_in(store(), "transactions").empty());
}

}  // namespace
}  // namespace larder::store
