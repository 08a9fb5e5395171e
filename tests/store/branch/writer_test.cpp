#include "store/branch/writer.hpp"

#include <gtest/gtest.h>

#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

class WriterTest : public ::testing::Test {
 protected:
  const Store& store() const { return temp_.store; }
  TempStore temp_;
  const VolumeSpec cache_ = download("cargo-cache-x64");
  const VolumeSpec target_ = compiled("pantry-x64");
};

TEST_F(WriterTest, OneAtATime) {
  auto first = must(try_writer(store(), target_.key, "larder build, process 1"));
  ASSERT_TRUE(first);
  EXPECT_FALSE(must(try_writer(store(), target_.key, "larder build, process 2")));
  EXPECT_EQ(must(writer_holder(store(), target_.key)), "larder build, process 1");
  first.reset();
  EXPECT_TRUE(must(try_writer(store(), target_.key, "larder build, process 2")));
  EXPECT_EQ(must(writer_holder(store(), target_.key)), "larder build, process 2");
}

TEST_F(WriterTest, NobodyHasWrittenYet) { EXPECT_EQ(must(writer_holder(store(), target_.key)), ""); }

TEST_F(WriterTest, WhoDoesNotWaitIsToldWhoWrites) {
  EXPECT_FALSE(must(has_writer(store(), target_.key)));
  const FileLock writer = must(claim_writer(store(), target_.key, "larder build, process 1"));
  EXPECT_TRUE(must(has_writer(store(), target_.key)));
  const auto refused = claim_writer(store(), target_.key, "larder build, process 2");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::environment);
  EXPECT_EQ(refused.error().cause, "by larder build, process 1");
}

}  // namespace
}  // namespace larder::store
