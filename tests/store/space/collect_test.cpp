#include "store/space/collect.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

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

TEST_F(CollectTest, SourceRecordsGoWithTheGenerationsThatCarryThem) {
  for (const char* record : {"first", "second"}) {
    Transaction transaction = begin(store(), target_);
    fill(store(), transaction, {{"a", record}});
    must(transaction.seal(Outcome::success, 0, NewSource{record, "content"}));
  }
  put_file(store().dir(), "sources/" + sha256_hex("of nobody"), "of nobody");
  must(collect(store()));
  EXPECT_EQ(count("sources"), 2U) << "history keeps the first one, too";
  must(settle(store(), target_.key));
  must(trim_history(store(), target_.key, {1, 0}, std::time(nullptr) + 1));
  must(collect(store()));
  EXPECT_EQ(names_in(store(), "sources"), std::vector<std::string>{sha256_hex("second")});
  must(clean(store(), {target_.key}));
  must(collect(store()));
  EXPECT_EQ(count("sources"), 0U);
}

TEST_F(CollectTest, WhatIsKnownOfAFoldersFilesGoesTwoMonthsAfterItsLastChange) {
  for (const auto& [name, days] : {std::pair("recent", 59), std::pair("old", 61)}) {
    put_file(store().dir(), std::string("contents/") + name, "known");
    set_mtime(store().dir(), std::string("contents/") + name, std::time(nullptr) - days * one_day, 0);
  }
  must(collect(store()));
  EXPECT_TRUE(exists(store().dir(), "contents/recent"));
  EXPECT_FALSE(exists(store().dir(), "contents/old"));
}

TEST_F(CollectTest, CorrectionsGoWhenNoBuildHasUsedThemForAWeek) {
  const int64_t now = std::time(nullptr);
  const auto put = [&](const std::string& key, int64_t used) {
    put_file(store().dir(), "corrections/" + key + "/lock", "");
    put_file(store().dir(), "corrections/" + key + "/tree/a", "1");
    set_mtime(store().dir(), "corrections/" + key + "/lock", used, 0);
  };
  put("recent", now - 6 * one_day);
  put("old", now - 8 * one_day);
  put("held", now - 8 * one_day);
  put("new-0123", now);
  put_file(store().dir(), "corrections/of-0123", "recent");
  put_file(store().dir(), "corrections/without-lock/tree/a", "1");
  const FileLock lock =
      must(FileLock::try_acquire(temp_.os, store().dir(), "corrections/held/lock", LockMode::shared)).value();
  must(collect(store()));
  EXPECT_EQ(names_in(store(), "corrections"), (std::vector<std::string>{"held", "of-0123", "recent"}));
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

TEST_F(CollectTest, LogsStayWhileABuildMayWriteThem) {
  put_file(store().dir(), "logs/one", "x");
  {
    const Transaction running = begin(store(), target_);
    must(remove_logs(store()));
    EXPECT_EQ(count("logs"), 1U);
  }
  must(remove_logs(store()));
  EXPECT_EQ(count("logs"), 0U);
}

/// Each project and target that was ever built has one.
TEST_F(CollectTest, OldLogsGoAndOfTheOthersTheNewestStay) {
  const int64_t now = std::time(nullptr);
  constexpr off_t large = 20 << 20;
  for (const auto& [name, days] :
       {std::pair("old", 61), std::pair("last", 50), std::pair("first", 1), std::pair("new", 0)}) {
    const std::string path = std::string("logs/") + name;
    const UniqueFd log = must(temp_.os.open(store().dir(), path, O_WRONLY | O_CREAT, 0600));
    must(::ftruncate(log.get(), days == 0 ? 1 : large) == 0, "cannot make a log");
    must(temp_.os.utimens(store().dir(), path, {{now - days * 86400L, 0}, {now - days * 86400L, 0}}));
  }
  must(collect(store()));
  EXPECT_EQ(names_in(store(), "logs"), (std::vector<std::string>{"first", "new"}));
}

}  // namespace
}  // namespace larder::store
