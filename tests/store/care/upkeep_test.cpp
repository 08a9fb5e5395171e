#include "store/care/upkeep.hpp"

#include <gtest/gtest.h>
#include <sys/file.h>

#include "base/pipe.hpp"
#include "support/child.hpp"
#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

class UpkeepTest : public ::testing::Test {
 protected:
  const Store& store() const { return temp_.store; }
  TempStore temp_;
  const VolumeSpec cache_ = download("cargo-cache-x64");
};

TEST_F(UpkeepTest, SettlesFlattensAndCollects) {
  for (int i = 0; i < 10; ++i) commit(store(), cache_, {{std::to_string(i), "x"}});
  const Files before = files_of(store(), cache_.key);
  must(upkeep(store()));
  EXPECT_EQ(files_of(store(), cache_.key), before);
  EXPECT_EQ(settled_id(store(), cache_.key), current_id(store(), cache_.key));
  EXPECT_EQ(current_layers(store(), cache_.key).size(), 1U);
  EXPECT_EQ(names_in(store(), "generations").size(), must(history(store(), cache_.key)).size());
  EXPECT_TRUE(names_in(store(), "trash").empty());
}

TEST_F(UpkeepTest, ASecondWaiterLeaves) {
  const FileLock working = must(FileLock::acquire(temp_.os, store().dir(), "upkeep.lock", LockMode::exclusive));
  const FileLock waiting = must(FileLock::acquire(temp_.os, store().dir(), "upkeep.next", LockMode::exclusive));
  must(upkeep(store()));  // would wait for ever otherwise
}

TEST_F(UpkeepTest, TellsOfDamageButCollects) {
  commit(store(), cache_, {{"a", "1"}});
  damage(store(), cache_.key);
  put_file(store().dir(), "trash/left/file", "1");
  EXPECT_EQ(upkeep(store()).error().code, ErrorCode::damage);
  EXPECT_TRUE(names_in(store(), "trash").empty());
}

TEST_F(UpkeepTest, InTheBackgroundDoesTheSame) {
  commit(store(), cache_, {{"a", "1"}});
  start_upkeep(store());
  // It takes upkeep.next, then upkeep.lock, so its end is seen by the ref, however long it takes to begin.
  for (int i = 0; i < 2000 && settled_id(store(), cache_.key).empty(); ++i) ::usleep(5000);
  EXPECT_EQ(settled_id(store(), cache_.key), current_id(store(), cache_.key));
  must(FileLock::acquire(temp_.os, store().dir(), "upkeep.lock", LockMode::exclusive));
}

TEST_F(UpkeepTest, InTheBackgroundHoldsNothingOfItsCallers) {
  commit(store(), cache_, {{"a", "1"}});
  const FileLock upkeep_waits = must(FileLock::acquire(temp_.os, store().dir(), "upkeep.lock", LockMode::exclusive));
  Pipe pipe = must(make_pipe());
  EXPECT_EQ(exit_code_of([&] {
              const auto writer = must(try_writer(store(), cache_.key, "the test"));
              const Transaction transaction = begin(store(), cache_);
              start_upkeep(store());
              ::_exit(7);
            }),
            7);
  pipe.write.reset();
  char byte = 0;
  EXPECT_EQ(::read(pipe.read.get(), &byte, 1), 0);  // the end of file comes once the background process has let go
  EXPECT_TRUE(must(try_writer(store(), cache_.key, "the test")));
  EXPECT_EQ(must(read_leases(store())).dead.size(), 1U);
}

}  // namespace
}  // namespace larder::store
