#include "store/space/collect.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "support/child.hpp"
#include "support/fault_os.hpp"
#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

class CollectTest : public ::testing::Test {
 protected:
  const Store& store() const { return temp_.store; }
  size_t count(const char* folder) const { return names_in(store(), folder).size(); }
  TempStore temp_;
  const VolumeSpec cache_ = download("cargo-cache-x64");
  const VolumeSpec target_ = compiled("pantry-x64");
};

TEST_F(CollectTest, AnEmptyStoreHasNothing) { EXPECT_EQ(must(collect(store())), 0U); }

TEST_F(CollectTest, KeepsWhatRefsReach) {
  commit(store(), cache_, {{"a", "1"}});
  must(settle(store(), cache_.key));
  commit(store(), cache_, {{"b", "1"}});
  commit(store(), target_, {{"a", "1"}});
  must(collect(store()));
  EXPECT_EQ(count("layers"), 3U);
  EXPECT_EQ(count("generations"), 3U);
  EXPECT_EQ(files_of(store(), cache_.key), Files({{"a", "1"}, {"b", "1"}}));
}

TEST_F(CollectTest, RemovesTheRestAndTellsItsSize) {
  commit(store(), target_, {{"a", std::string(1 << 20, 'x')}});
  must(clean(store(), {target_.key}));
  EXPECT_EQ(count("layers"), 1U);
  EXPECT_GE(must(collect(store())), 1U << 20);
  for (const char* folder : {"layers", "generations", "transactions", "trash"}) EXPECT_EQ(count(folder), 0U) << folder;
}

TEST_F(CollectTest, NeverRemovesWhatALivingLeaseSees) {
  commit(store(), target_, {{"a", "1"}});
  must(settle(store(), target_.key));
  const Transaction running = begin(store(), reading(target_));
  // Both refs go, as a clean of another version of Larder might leave it.
  for (const char* name : {"/current", "/settled"}) must(temp_.os.unlink(store().dir(), ref_dir(target_.key) + name));
  must(collect(store()));
  EXPECT_EQ(files_of(store(), running.forks()[0].base.layers), Files({{"a", "1"}}));
}

TEST_F(CollectTest, KeepsTheUpperOfALivingTransaction) {
  Transaction running = begin(store(), cache_);
  fill(store(), running, {{"a", "1"}});
  must(collect(store()));
  must(running.seal(Outcome::success));
  EXPECT_EQ(files_of(store(), cache_.key), Files({{"a", "1"}}));
}

TEST_F(CollectTest, RemovesDeadTransactionsWhateverTheKernelLeftInThem) {
  EXPECT_EQ(exit_code_of([&] {
              const Transaction transaction = begin(store(), cache_);
              fill(store(), transaction, {{"closed/a", "1"}});
              put_dir(store().dir(), upper(transaction) + "/closed", 0000);
              put_file(store().dir(), transaction.forks()[0].dir + "/work/work/#1", "x");
              put_dir(store().dir(), transaction.forks()[0].dir + "/work/work", 0000);
              ::_exit(7);
            }),
            7);
  EXPECT_EQ(count("transactions"), 1U);
  must(collect(store()));
  EXPECT_EQ(count("transactions"), 0U);
  EXPECT_EQ(count("trash"), 0U);
}

TEST_F(CollectTest, RemovesLayersThatNoRefEverNamed) {
  put_file(store().dir(), "layers/0123456789abcdef/tree/a", "1");
  put_file(store().dir(), "generations/0123456789abcdef", "{}");
  put_file(store().dir(), "generations/0123456789abcdef.new-0", "{");
  must(collect(store()));
  EXPECT_EQ(count("layers"), 0U);
  EXPECT_EQ(count("generations"), 0U);
}

TEST_F(CollectTest, RemovesWhatAKilledCommitLeftBesideTheRef) {
  commit(store(), cache_, {{"a", "1"}});
  put_file(store().dir(), ref_dir(cache_.key) + "/current.new-0123456789abcdef", "torn");
  put_file(store().dir(), ref_dir(cache_.key) + "/settled.new-0123456789abcdef", "torn");
  must(collect(store()));
  EXPECT_EQ(names_in(store(), ref_dir(cache_.key)), std::vector<std::string>({"current", "lock"}));
}

TEST_F(CollectTest, ADamagedVolumeIsNoObstacle) {
  commit(store(), cache_, {{"a", "1"}});
  commit(store(), target_, {{"a", "1"}});
  damage(store(), cache_.key);
  must(collect(store()));
  EXPECT_EQ(files_of(store(), target_.key), Files({{"a", "1"}}));
}

TEST_F(CollectTest, ARefThatCannotBeReadStopsItBeforeItDeletes) {
  commit(store(), cache_, {{"a", "1"}});
  for (int k = 1;; ++k) {
    FaultOs os;
    const Store faulty = must(Store::open(os, store().path()));
    os.fail_at(k, EIO);
    (void)collect(faulty);
    ASSERT_EQ(files_of(store(), cache_.key), Files({{"a", "1"}})) << os.failed_call();
    if (!os.failed()) break;
  }
}

TEST_F(CollectTest, OneThatCannotBeDeletedDoesNotKeepTheRest) {
  class StubbornOs : public Os {
   protected:
    int before(const char* call) override {
      return std::string_view(call) == "rmdir" && !std::exchange(done_, true) ? EBUSY : 0;
    }

   private:
    bool done_ = false;
  };
  put_dir(store().dir(), "trash/a");
  put_dir(store().dir(), "trash/b");
  StubbornOs os;
  const Store stubborn = must(Store::open(os, store().path()));
  EXPECT_FALSE(collect(stubborn));
  EXPECT_EQ(names_in(store(), "trash"), std::vector<std::string>({"a"}));
  must(collect(stubborn));
  EXPECT_EQ(count("trash"), 0U);
}

TEST_F(CollectTest, TwoAtOnceDoNotDisturbEachOther) {
  for (int i = 0; i < 50; ++i) put_file(store().dir(), "layers/layer" + std::to_string(i) + "/tree/a", "1");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(collect(store()) ? 0 : 1);
  EXPECT_TRUE(collect(store()));
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(count("layers"), 0U);
  EXPECT_EQ(count("trash"), 0U);
}

TEST_F(CollectTest, CleanLeavesADownloadVolumeEmptyWhereItHasASibling) {
  commit(store(), download("cargo-cache-arm64"), {{"a", "1"}});
  commit(store(), cache_, {{"a", "1"}});
  must(clean(store(), {cache_.key}));
  const auto generation = must(current_generation(store(), cache_.key));
  ASSERT_TRUE(generation);
  EXPECT_TRUE(generation->empty());
  EXPECT_EQ(generation->outcome, Outcome::cleaned);
  EXPECT_EQ(settled_id(store(), cache_.key), generation->id);
  const Transaction transaction = begin(store(), writing(cache_, {{"cargo-cache-arm64"}}));
  EXPECT_TRUE(transaction.forks()[0].started_from_nothing);
}

/// After a clean of all of them, what the first of them downloads is there for the others.
TEST_F(CollectTest, EmptyDownloadVolumesVanishWithTheirLastSibling) {
  const VolumeSpec arm = download("cargo-cache-arm64");
  VolumeSpec git = download("cargo-git-cache-x64");
  git.mount_path = "/usr/local/cargo/git";
  for (const VolumeSpec& spec : {arm, cache_, git}) commit(store(), spec, {{"a", "1"}});
  must(clean(store(), {cache_.key}));
  EXPECT_TRUE(must(current_generation(store(), cache_.key)));
  must(clean(store(), {arm.key}));
  EXPECT_EQ(must(list_volumes(store())), std::vector({git.key}));
  commit(store(), cache_, {{"b", "1"}});
  const Transaction transaction = begin(store(), writing(arm, {cache_.key}));
  EXPECT_FALSE(transaction.forks()[0].started_from_nothing);
}

TEST_F(CollectTest, CleanMakesACompiledVolumeVanish) {
  commit(store(), target_, {{"a", "1"}});
  must(settle(store(), target_.key));
  must(clean(store(), {target_.key}));
  EXPECT_TRUE(must(list_volumes(store())).empty());
  EXPECT_EQ(must(current_generation(store(), target_.key)), std::nullopt);
  commit(store(), target_, {{"b", "1"}});
  EXPECT_EQ(files_of(store(), target_.key), Files({{"b", "1"}}));
}

TEST_F(CollectTest, CleanWorksOnADamagedVolume) {
  for (const VolumeSpec& spec : {cache_, target_}) {
    commit(store(), spec, {{"a", "1"}});
    damage(store(), spec.key);
    EXPECT_FALSE(current_generation(store(), spec.key));
    must(clean(store(), {spec.key}));
    commit(store(), spec, {{"b", "1"}});
    EXPECT_EQ(files_of(store(), spec.key), Files({{"b", "1"}}));
  }
}

TEST_F(CollectTest, CleanRefusesAllWhenOneIsInUse) {
  commit(store(), cache_, {{"a", "1"}});
  commit(store(), target_, {{"a", "1"}});
  auto running = std::optional(begin(store(), reading(target_)));
  const Status cleaned = clean(store(), {cache_.key, target_.key});
  ASSERT_FALSE(cleaned);
  EXPECT_EQ(cleaned.error().message, "the volume pantry-x64 is in use");
  EXPECT_EQ(cleaned.error().cause, "by the test");
  EXPECT_EQ(files_of(store(), cache_.key), Files({{"a", "1"}}));
  EXPECT_EQ(files_of(store(), target_.key), Files({{"a", "1"}}));
  running.reset();
  must(clean(store(), {cache_.key, target_.key}));
  EXPECT_EQ(files_of(store(), cache_.key), Files());
}

TEST_F(CollectTest, CleanIgnoresTheDead) {
  commit(store(), target_, {{"a", "1"}});
  exit_code_of([&] {
    const Transaction transaction = begin(store(), target_);
    ::_exit(0);
  });
  must(clean(store(), {target_.key}));
}

TEST_F(CollectTest, CleanOfNothingOrOfAnotherVariantTouchesNothing) {
  commit(store(), target_, {{"a", "1"}});
  must(clean(store(), {}));
  must(clean(store(), {{"pantry-x64", "v2"}, {"nothing"}}));
  EXPECT_FALSE(clean(store(), {{"../.."}}));
  EXPECT_EQ(files_of(store(), target_.key), Files({{"a", "1"}}));
}

/// What `settled` names must be on disk before it names it.
TEST_F(CollectTest, CleanSyncsTheEmptyGenerationBeforeTheRefs) {
  class OrderOs : public Os {
   public:
    std::string order;

   protected:
    int before(const char* call) override {
      if (std::string_view(call) == "fsync" || std::string_view(call) == "rename") order += call[0];
      return 0;
    }
  };
  for (const VolumeSpec& spec : {cache_, download("cargo-cache-arm64")}) commit(store(), spec, {{"a", "1"}});
  OrderOs os;
  const Store ordered = must(Store::open(os, store().path()));
  os.order.clear();
  must(clean(ordered, {cache_.key}));
  EXPECT_EQ(os.order, "frffrffrf");  // file, name, folder: of the generation, of `current`, of `settled`
}

}  // namespace
}  // namespace larder::store
