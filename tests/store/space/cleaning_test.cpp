#include "store/space/cleaning.hpp"

#include <gtest/gtest.h>

#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

const VolumeKey cache_x64 = volume_key("cache-x64");

/// Two download volumes, one a fork of the other, and a compiled one.
struct Filled : TempStore {
  Filled() {
    commit(store, named("cache-x64", "x64"), {{"a", std::string(100'000, 'x')}});
    ForkRequest request{named("cache-arm64", "arm64"), Access::write, {cache_x64}, {}};
    auto transaction = begin(store, {request});
    fill(store, transaction, {{"b", std::string(50'000, 'x')}});
    must(transaction.seal(Outcome::success));
    commit(store, compiled("out-x64"), {{"c", std::string(30'000, 'x')}});
  }
  static VolumeSpec named(const std::string& name, const std::string& target) {
    VolumeSpec spec = download(name);
    spec.target = target;
    return spec;
  }
  Result<Cleaning> prepare(const CleanRequest& request) const {
    const auto candidates = must(read_candidates(store));
    return Cleaning::prepare(store, candidates, select_candidates(candidates, request));
  }
};

TEST(Cleaning, EstimatesOnlyWhatNothingElseNeeds) {
  const Filled filled;
  const Cleaning one = must(filled.prepare({{"cache-x64"}, {}, false}));
  EXPECT_EQ(one.count(), 1U);
  EXPECT_EQ(one.about_bytes(), 0U);
  const Cleaning other = must(filled.prepare({{"cache-arm64"}, {}, false}));
  EXPECT_GE(other.about_bytes(), 50'000U);
  EXPECT_LT(other.about_bytes(), 100'000U);
  EXPECT_GE(must(filled.prepare({{}, {}, true})).about_bytes(), 180'000U);
}

TEST(Cleaning, RemovesATargetsVolumesAndSaysWhatItFreed) {
  const Filled filled;
  const Cleaning cleaning = must(filled.prepare({{}, {"arm64"}, false}));
  const uint64_t about = cleaning.about_bytes();
  const CleanOutcome outcome = must(cleaning.run());
  ASSERT_EQ(outcome.removed.size(), 1U);
  EXPECT_EQ(outcome.removed.front().name(), "cache-arm64");
  EXPECT_GE(outcome.freed_bytes, about);
  EXPECT_EQ(must(filled.prepare({{"cache-arm64"}, {}, false})).count(), 0U);
  EXPECT_EQ(files_of(filled.store, cache_x64).count("a"), 1U);
}

TEST(Cleaning, TellsWhatIsFreeEvenWhenAnotherProcessCollectedIt) {
  const Filled filled;
  const Cleaning cleaning = must(filled.prepare({{}, {}, true}));
  must(clean(filled.store, must(list_volumes(filled.store))));
  must(collect(filled.store));
  EXPECT_GE(must(cleaning.run()).freed_bytes, 180'000U);
}

TEST(Cleaning, RefusesAVolumeInUseAndRemovesNothing) {
  const Filled filled;
  const auto transaction = begin(filled.store, compiled("out-x64"));
  const auto outcome = must(filled.prepare({{}, {}, true})).run();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::environment);
  EXPECT_NE(outcome.error().cause.find("the test"), std::string::npos);
  EXPECT_EQ(must(filled.prepare({{}, {}, true})).count(), 3U);
}

TEST(Cleaning, TakesOfAProjectWhatIsItsFoldersAndHasItsName) {
  const Filled filled;
  VolumeSpec elsewhere = compiled("out-x64", "v2");
  elsewhere.workspace = "/elsewhere";
  commit(filled.store, elsewhere, {{"c", "x"}});
  commit(filled.store, Filled::named("ccache-pantry-x64", "x64"), {{"d", "x"}});
  CleanRequest request;
  request.project = {"pantry", compiled("out-x64").workspace};
  const Cleaning cleaning = must(filled.prepare(request));
  ASSERT_EQ(cleaning.count(), 2U);
  EXPECT_EQ(cleaning.selected()[0].key, volume_key("ccache-pantry-x64"));
  EXPECT_EQ(cleaning.selected()[1].key, volume_key("out-x64", "v1"));
}

TEST(Cleaning, NamesThatNoVolumeHasSelectNothing) {
  const Filled filled;
  EXPECT_EQ(must(filled.prepare({{"cache-x46"}, {"arm46"}, false})).count(), 0U);
}

TEST(Cleaning, RemovesADamagedVolume) {
  const Filled filled;
  put_file(filled.store.dir(), "refs/trusted/out-x64/v1/current", "garbage");
  const Cleaning cleaning = must(filled.prepare({{"out-x64"}, {}, false}));
  EXPECT_EQ(cleaning.count(), 1U);
  EXPECT_FALSE(cleaning.selected().front().generation);
  must(cleaning.run());
  EXPECT_FALSE(must(current_generation(filled.store, volume_key("out-x64", "v1"))));
}

}  // namespace
}  // namespace larder::store
