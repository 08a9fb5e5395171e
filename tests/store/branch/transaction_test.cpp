#include "store/branch/transaction.hpp"

#include <gtest/gtest.h>
#include <sys/file.h>

#include <optional>

#include "base/pipe.hpp"
#include "support/child.hpp"
#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

using Texts = std::vector<std::string>;

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

/// A compiled volume, of which a build may start from another state than the newest.
class ChooseTest : public TransactionTest {
 protected:
  /// A request that notes the candidates' texts, and takes the one at `place`.
  ForkRequest choosing(std::optional<size_t> place, std::vector<VolumeKey> siblings = {}) {
    ForkRequest request = writing(target_, std::move(siblings));
    request.choose = [this, place](const std::vector<Generation>& candidates) -> Result<std::optional<size_t>> {
      seen_.clear();
      for (const Generation& candidate : candidates) seen_.push_back(files_of(store(), candidate.layers)["a"]);
      return place;
    };
    return request;
  }
  Texts candidates(std::vector<VolumeKey> siblings = {}) {
    begin(store(), choosing(std::nullopt, std::move(siblings)));
    return seen_;
  }
  void build(const std::string& text) { commit(store(), target_, {{"a", text}}); }
  std::vector<Generation> past() { return must(history(store(), target_.key)); }

  Texts seen_;
  const VolumeSpec sibling_ = compiled("pantry-x64", "v2");
};

TEST_F(ChooseTest, CandidatesAreTheOwnPastAndTheSiblingsNewest) {
  EXPECT_TRUE(candidates().empty());
  for (const char* text : {"1", "2", "3"}) build(text);
  commit(store(), sibling_, {{"a", "old sibling"}});
  commit(store(), sibling_, {{"a", "sibling"}});
  EXPECT_EQ(candidates({sibling_.key, volume_key("nothing")}), (Texts{"3", "2", "1", "sibling"}));
}

TEST_F(ChooseTest, ANewVolumeMayStartFromASiblingsPast) {
  for (const char* text : {"left", "1", "2"}) commit(store(), sibling_, {{"a", text}});
  EXPECT_EQ(candidates({sibling_.key}), (Texts{"2", "1", "left"}));
  build("own");
  EXPECT_EQ(candidates({sibling_.key}), (Texts{"own", "2"}));
}

TEST_F(ChooseTest, TheChosenOneIsTheBase) {
  for (const char* text : {"1", "2", "3"}) build(text);
  const Transaction transaction = begin(store(), choosing(1));
  const Fork& fork = transaction.forks()[0];
  EXPECT_EQ(files_of(store(), fork.base.layers), Files({{"a", "2"}}));
  EXPECT_EQ(fork.base.id, past()[1].id);
  EXPECT_EQ(fork.current, past()[0].id);
  EXPECT_FALSE(fork.is_newest());
  EXPECT_FALSE(fork.started_from_nothing);
}

TEST_F(ChooseTest, NoneIsNothing) {
  build("1");
  const Transaction transaction = begin(store(), choosing(std::nullopt));
  EXPECT_TRUE(transaction.forks()[0].started_from_nothing);
  EXPECT_TRUE(transaction.forks()[0].base.empty());
}

TEST_F(ChooseTest, WhatIsBuiltOnAnOlderOneTakesThePlaceOfTheNewest) {
  for (const char* text : {"1", "2", "3"}) build(text);
  const std::string newest = current_id(store(), target_.key);
  {
    Transaction transaction = begin(store(), choosing(2));
    fill(store(), transaction, {{"b", "new"}});
    must(transaction.seal(Outcome::success));
  }
  EXPECT_EQ(files_of(store(), target_.key), Files({{"a", "1"}, {"b", "new"}}));
  EXPECT_EQ(past()[0].parent, newest) << "which can still be gone back to";
}

TEST_F(ChooseTest, WhatIsBuiltOnNothingTakesItsPlaceToo) {
  build("1");
  {
    Transaction transaction = begin(store(), choosing(std::nullopt));
    fill(store(), transaction, {{"b", "new"}});
    must(transaction.seal(Outcome::success));
  }
  EXPECT_EQ(files_of(store(), target_.key), Files({{"b", "new"}}));
}

TEST_F(ChooseTest, ABuildOnAnOlderOneThatChangesNothingKeepsIt) {
  for (const char* text : {"1", "2"}) build(text);
  {
    Transaction transaction = begin(store(), choosing(1));
    EXPECT_FALSE(must(transaction.changes(0)));
    must(transaction.seal(Outcome::success, 0, NewSource{"record", "content"}));
  }
  EXPECT_EQ(files_of(store(), target_.key), Files({{"a", "1"}}));
}

TEST_F(ChooseTest, ASiblingsComesWithoutItsId) {
  commit(store(), sibling_, {{"a", "sibling"}});
  {
    Transaction transaction = begin(store(), choosing(0, {sibling_.key}));
    EXPECT_EQ(transaction.forks()[0].base.id, "");
    EXPECT_FALSE(transaction.forks()[0].started_from_nothing);
    fill(store(), transaction, {{"b", "own"}});
    must(transaction.seal(Outcome::success));
  }
  EXPECT_EQ(files_of(store(), target_.key), Files({{"a", "sibling"}, {"b", "own"}}));
  EXPECT_EQ(past()[0].parent, "");
  EXPECT_EQ(files_of(store(), sibling_.key), Files({{"a", "sibling"}}));
}

TEST_F(ChooseTest, WhatWasBeforeARollbackDoesNotComeBack) {
  for (const char* text : {"1", "2", "3"}) build(text);
  must(rollback(store(), target_.key, past()[2], "the test"));
  EXPECT_EQ(candidates(), Texts{"1"});
  build("4");
  EXPECT_EQ(candidates(), (Texts{"4", "1"}));
}

TEST_F(ChooseTest, ACleanedVolumeStartsFromNothing) {
  commit(store(), sibling_, {{"a", "sibling"}});
  for (const char* text : {"1", "2"}) build(text);
  must(clean(store(), {target_.key}));
  EXPECT_TRUE(candidates({sibling_.key}).empty()) << "also a sibling's would not be what was asked for";
  build("3");
  EXPECT_EQ(candidates({sibling_.key}), (Texts{"3", "sibling"}));
}

TEST_F(ChooseTest, WhatWasBeforeARepairDoesNotComeBack) {
  for (const char* text : {"1", "2"}) build(text);
  Generation repaired = must(new_generation(store(), target_, Outcome::repaired));
  take_content(repaired, past()[1]);
  continue_from(repaired, &past()[1]);
  must(write_generation(store(), repaired));
  must(write_ref(store(), target_.key, RefName::current, repaired.id, Durability::none));
  EXPECT_EQ(candidates(), Texts{"1"});
  build("3");
  EXPECT_EQ(candidates(), (Texts{"3", "1"}));
}

TEST_F(ChooseTest, OneWithAMissingLayerIsNone) {
  for (const char* text : {"1", "2"}) build(text);
  commit(store(), sibling_, {{"a", "sibling"}});
  must(remove_tree(temp_.os, store().dir(), "layers/" + current_layers(store(), sibling_.key)[0]));
  EXPECT_EQ(candidates({sibling_.key}), (Texts{"2", "1"}));
}

TEST_F(ChooseTest, ADamagedSiblingIsNone) {
  build("1");
  commit(store(), sibling_, {{"a", "sibling"}});
  damage(store(), sibling_.key);
  EXPECT_EQ(candidates({sibling_.key}), Texts{"1"});
}

TEST_F(ChooseTest, ItsMistakeIsTheForks) {
  ForkRequest request = writing(target_);
  request.choose = [](const std::vector<Generation>&) -> Result<std::optional<size_t>> {
    return fail(ErrorCode::environment, "cannot look");
  };
  EXPECT_EQ(Transaction::begin(store(), {request}, "the test").error().message, "cannot look");
  EXPECT_TRUE(names_in(store(), "transactions").empty());
}

TEST_F(ChooseTest, AVolumeThatWasFlattenedMeanwhileIsStillTheSame) {
  for (size_t i = 0; i < layers_max + 2; ++i) build(std::to_string(i));
  Transaction transaction = begin(store(), choosing(3));
  fill(store(), transaction, {{"b", "new"}});
  must(flatten(store(), target_.key));
  must(transaction.seal(Outcome::success));
  EXPECT_EQ(files_of(store(), target_.key), Files({{"a", std::to_string(layers_max - 2)}, {"b", "new"}}));
}

TEST_F(TransactionTest, ASourceRecordIsKeptWithTheGeneration) {
  Transaction transaction = begin(store(), target_);
  fill(store(), transaction, {{"a", "1"}});
  must(transaction.seal(Outcome::success, 0, NewSource{"the record", "the content", {"gone", "\xff"}}));
  const Generation generation = must(current_generation(store(), target_.key)).value();
  EXPECT_EQ(generation.source, (SourceRef{sha256_hex("the record"), "the content", Texts{"gone", "\xff"}}));
  EXPECT_EQ(must(read_source(store(), generation.source.record)), "the record");
}

TEST_F(TransactionTest, ARecordThatChangesAloneIsCommittedWithoutALayer) {
  const auto build = [&](const char* record, const Files& files) {
    Transaction transaction = begin(store(), target_);
    fill(store(), transaction, files);
    return must(transaction.seal(Outcome::success, 0, NewSource{record, record}))[0].changed;
  };
  EXPECT_TRUE(build("first", {{"a", "1"}}));
  const std::string first = current_id(store(), target_.key);
  EXPECT_FALSE(build("first", {}));
  EXPECT_EQ(current_id(store(), target_.key), first) << "nothing has changed at all";
  EXPECT_FALSE(build("second", {}));
  const Generation second = must(current_generation(store(), target_.key)).value();
  EXPECT_EQ(second.parent, first);
  EXPECT_EQ(second.source.content, "second");
  EXPECT_EQ(names_in(store(), "layers").size(), 1U);
}

TEST_F(TransactionTest, OnlyTheLastForkHasTheSourceRecord) {
  Transaction transaction = begin(store(), {writing(cache_), writing(target_)});
  fill(store(), transaction, {{"c", "1"}}, 0);
  fill(store(), transaction, {{"a", "1"}}, 1);
  must(transaction.seal(Outcome::success, 0, NewSource{"record", "content"}));
  EXPECT_EQ(must(current_generation(store(), cache_.key))->source, SourceRef());
  EXPECT_EQ(must(current_generation(store(), target_.key))->source.content, "content");
}

TEST_F(TransactionTest, FlatteningAndRollingBackKeepTheRecord) {
  for (size_t i = 0; i < layers_max + 2; ++i) {
    Transaction transaction = begin(store(), target_);
    fill(store(), transaction, {{"a", std::to_string(i)}});
    must(transaction.seal(Outcome::success, 0, NewSource{"record " + std::to_string(i), "content"}));
  }
  const SourceRef newest = must(current_generation(store(), target_.key))->source;
  must(flatten(store(), target_.key));
  EXPECT_EQ(must(current_generation(store(), target_.key))->source, newest);
  const Generation older = must(history(store(), target_.key))[2];
  must(rollback(store(), target_.key, older, "the test"));
  EXPECT_EQ(must(current_generation(store(), target_.key))->source, older.source);
}

TEST_F(TransactionTest, WhetherAForkHasChangedIsLookedAtOnce) {
  Transaction transaction = begin(store(), {writing(target_), reading(cache_)});
  EXPECT_FALSE(must(transaction.changes(0)));
  fill(store(), transaction, {{"a", "1"}});
  EXPECT_FALSE(must(transaction.changes(0)));
  EXPECT_FALSE(must(transaction.changes(1)));
}

TEST_F(TransactionTest, ADamagedOrMissingSourceRecordIsDamage) {
  const std::string name = must(write_source(store(), "text"));
  EXPECT_EQ(must(read_source(store(), name)), "text");
  put_file(store().dir(), "sources/" + name, "torn");
  EXPECT_EQ(read_source(store(), name).error().code, ErrorCode::damage);
  must(temp_.os.unlink(store().dir(), "sources/" + name));
  EXPECT_EQ(read_source(store(), name).error().code, ErrorCode::damage);
  EXPECT_FALSE(read_source(store(), "../format"));
}

}  // namespace
}  // namespace larder::store
