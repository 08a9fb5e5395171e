#include "engine/container/owner.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/file_lock.hpp"
#include "engine/support.hpp"

namespace larder::engine {
namespace {

using test::must;
using test::put_file;
using test::TempStore;

constexpr const char* run = "fedcba9876543210";

class OwnerTest : public ::testing::Test {
 protected:
  Labels labels(const std::string& transaction = run) const {
    return {{"larder.store", kit_.store.path()},
            {"larder.transaction", transaction},
            {"larder.store-key", store_key(kit_.store.path())}};
  }

  TempStore kit_;
  Os os_;
};

TEST_F(OwnerTest, WhoHoldsItsLeaseLives) {
  const std::string path = fmt::format("transactions/{}/lease", run);
  put_file(kit_.store.dir(), path, "{}");
  EXPECT_TRUE(is_over(labels()));
  const auto lease = must(FileLock::acquire(os_, kit_.store.dir(), path, LockMode::exclusive));
  EXPECT_FALSE(is_over(labels()));
}

TEST_F(OwnerTest, WhatItsStoreHasForgottenIsOver) {
  EXPECT_TRUE(is_over(labels()));
  Labels others = labels();
  others["larder.store-key"] = "0000000000000000";  // another machine has a store at the same path
  EXPECT_FALSE(is_over(others));
  others.erase("larder.store-key");
  EXPECT_FALSE(is_over(others));
}

TEST_F(OwnerTest, WhatCannotBeKnownIsNotOver) {
  Labels elsewhere = labels();
  elsewhere["larder.store"] = "/nowhere";
  EXPECT_FALSE(is_over(elsewhere));
  for (const char* transaction : {"", "..", "../x", "no id"}) EXPECT_FALSE(is_over(labels(transaction))) << transaction;
  EXPECT_FALSE(is_over({}));
}

}  // namespace
}  // namespace larder::engine
