#include "share/incoming.hpp"

#include <gtest/gtest.h>

#include "share/kit.hpp"

namespace larder::share {
namespace {

using namespace test;

class IncomingTest : public ::testing::Test {
 protected:
  Incoming open() {
    return must(Incoming::open(temp_.store, {std::string(64, 'a'), 1}, {pack(one_), pack(two_)}, "own"));
  }
  static Pack pack(const std::string& bytes) { return {sha256_hex(bytes), bytes.size(), {}}; }
  static Blob blob(const std::string& bytes) { return {sha256_hex(bytes), bytes.size()}; }
  std::vector<std::string> kept() const {
    return names_in(temp_.store, "remotes/incoming/" + std::string(64, 'a') + "/blobs/sha256");
  }

  const std::string one_ = std::string(10'000, '1');
  const std::string two_ = std::string(20'000, '2');
  TempStore temp_;
};

TEST_F(IncomingTest, GoesOnWithWhatIsWhole) {
  {
    const Incoming first = open();
    EXPECT_EQ(first.resumed_bytes(), 0U);
    must(first.layout().put(one_));
    must(first.layout().put_placeholder(blob(two_)));
    must(first.layout().put("the index"));
  }
  const Incoming second = open();
  EXPECT_EQ(second.resumed_bytes(), one_.size());
  EXPECT_EQ(kept(), std::vector<std::string>{sha256_hex(one_)}) << "no placeholder, nothing that is linked anew";
}

TEST_F(IncomingTest, WhatIsTornOrAlteredIsFetchedAgain) {
  {
    const Incoming first = open();
    must(first.layout().put(one_));
    const std::string path = first.layout().path_of(blob(one_));
    std::string altered = one_;
    altered[5000] = 'x';
    must(replace_file(temp_.store.os(), temp_.store.dir(), path, altered, Durability::none));
    must(replace_file(temp_.store.os(), temp_.store.dir(), first.layout().path_of(blob(two_)), "22", Durability::none));
  }
  EXPECT_EQ(open().resumed_bytes(), 0U);
  EXPECT_TRUE(kept().empty());
}

TEST_F(IncomingTest, WhoFetchesTheSameMeanwhileHasAFolderOfHisOwn) {
  const Incoming first = open();
  const Incoming second = open();
  EXPECT_EQ(second.layout().path(), "own");
}

TEST_F(IncomingTest, IsRemovedOnceAllIsTaken) {
  Incoming first = open();
  must(first.layout().put(one_));
  first.remove();
  EXPECT_FALSE(exists(temp_.store.dir(), "remotes/incoming/" + std::string(64, 'a')));
}

}  // namespace
}  // namespace larder::share
