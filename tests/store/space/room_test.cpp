#include "store/space/room.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

class RoomTest : public ::testing::Test {
 protected:
  /// Fails `failures` times, with this errno.
  Status step(int number, int failures) {
    return with_room(temp_.store, [&]() -> Status {
      ++tries_;
      if (tries_ <= failures) return fail_sys(number, "cannot write x");
      return {};
    });
  }

  TempStore temp_;
  int tries_ = 0;
};

TEST_F(RoomTest, WhatCanBeThrownAwayGoesBeforeAStepIsGivenUp) {
  put_file(temp_.store.dir(), "trash/left", "garbage");
  EXPECT_TRUE(step(ENOSPC, 1));
  EXPECT_EQ(tries_, 2);
  EXPECT_TRUE(names_in(temp_.store, "trash").empty());
}

TEST_F(RoomTest, AShareOfTheDiskMayBeFull) {
  put_file(temp_.store.dir(), "trash/left", "garbage");
  EXPECT_TRUE(step(EDQUOT, 1));
}

TEST_F(RoomTest, ItIsTriedOnceMoreAtMost) {
  put_file(temp_.store.dir(), "trash/left", "garbage");
  const Status done = step(ENOSPC, 9);
  ASSERT_FALSE(done);
  EXPECT_TRUE(is_disk_full(done.error()));
  EXPECT_EQ(tries_, 2);
  EXPECT_EQ(done.error().hint.find("clean"), std::string::npos) << "the caches are not what is in the way";
}

TEST_F(RoomTest, WhereThereIsNothingToThrowAwayTheErrorStays) {
  EXPECT_FALSE(step(ENOSPC, 1));
  EXPECT_EQ(tries_, 1);
}

TEST_F(RoomTest, OtherErrorsAreNoMatterOfRoom) {
  put_file(temp_.store.dir(), "trash/left", "garbage");
  EXPECT_FALSE(step(EACCES, 1));
  EXPECT_EQ(tries_, 1);
  EXPECT_EQ(names_in(temp_.store, "trash").size(), 1U);
}

TEST_F(RoomTest, TellsWhatIsFree) { EXPECT_GT(free_bytes(temp_.store), 0U); }

TEST_F(RoomTest, ADiskWithRoomIsNotFull) { EXPECT_FALSE(is_full(temp_.store)); }

}  // namespace
}  // namespace larder::store
