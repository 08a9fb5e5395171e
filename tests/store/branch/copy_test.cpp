#include "store/branch/copy.hpp"

#include <gtest/gtest.h>

#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

class CopyTest : public ::testing::Test {
 protected:
  const Store& store() const { return temp_.store; }

  void commit_as(Outcome outcome, const Files& files) {
    Transaction transaction = begin(store(), target_);
    fill(store(), transaction, files);
    must(transaction.seal(outcome));
  }

  History all() { return must(history(store(), target_.key)); }

  TempStore temp_;
  const VolumeSpec target_ = compiled("pantry-x64");
};

TEST_F(CopyTest, RollbackBringsBackAnEarlierContent) {
  commit_as(Outcome::success, {{"a", "1"}});
  commit_as(Outcome::failed, {{"a", "22"}, {"b", "2"}});
  const auto before = all();
  const Generation next = must(rollback(store(), target_.key, before[1], "the test"));
  EXPECT_EQ(files_of(store(), target_.key), Files({{"a", "1"}}));
  EXPECT_EQ(next.outcome, Outcome::rolled_back);
  EXPECT_EQ(next.parent, before[0].id);
  EXPECT_EQ(next.same_content_as, before[1].id);
  EXPECT_EQ(next.last_success, next.id);  // the content is a good build's
  EXPECT_EQ(settled_id(store(), target_.key), next.id);
  must(rollback(store(), target_.key, all()[1], "the test"));  // and forward again
  EXPECT_EQ(files_of(store(), target_.key), Files({{"a", "22"}, {"b", "2"}}));
  commit(store(), target_, {{"c", "3"}});
  EXPECT_EQ(files_of(store(), target_.key), Files({{"a", "22"}, {"b", "2"}, {"c", "3"}}));
}

TEST_F(CopyTest, RollbackWaitsForNobodyAndTellsWhoWrites) {
  commit(store(), target_, {{"a", "1"}});
  const auto writer = must(try_writer(store(), target_.key, "larder build x64"));
  const auto rolled = rollback(store(), target_.key, all()[0], "the test");
  ASSERT_FALSE(rolled);
  EXPECT_EQ(rolled.error().code, ErrorCode::environment);
  EXPECT_EQ(rolled.error().cause, "by larder build x64");
}

TEST_F(CopyTest, RollbackToMissingLayersChangesNothing) {
  commit(store(), target_, {{"a", "1"}});
  commit(store(), target_, {{"a", "22"}});
  Generation broken = all()[1];
  broken.layers = {"0123456789abcdef"};
  EXPECT_EQ(rollback(store(), target_.key, broken, "the test").error().code, ErrorCode::damage);
  EXPECT_EQ(files_of(store(), target_.key), Files({{"a", "22"}}));
  EXPECT_EQ(all().size(), 2U);
}

TEST_F(CopyTest, AForkSharesItsLayersAndGoesItsOwnWay) {
  commit(store(), target_, {{"a", "1"}});
  const Generation fork = must(fork_volume(store(), target_.key, "before-the-change"));
  EXPECT_EQ(fork.layers, current_layers(store(), target_.key));
  commit(store(), target_, {{"a", "2"}});
  must(collect(store()));
  EXPECT_EQ(files_of(store(), fork.spec.key), Files({{"a", "1"}}));
  EXPECT_EQ(settled_id(store(), fork.spec.key), fork.id);
  EXPECT_TRUE(fork.parent.empty());
}

TEST_F(CopyTest, AForkNeedsAContentAndAFreeName) {
  EXPECT_EQ(fork_volume(store(), target_.key, "copy").error().code, ErrorCode::usage);
  commit(store(), target_, {{"a", "1"}});
  EXPECT_EQ(fork_volume(store(), target_.key, "../copy").error().code, ErrorCode::usage);
  must(fork_volume(store(), target_.key, "copy"));
  EXPECT_EQ(fork_volume(store(), target_.key, "copy").error().message, "there is a volume copy already");
}

}  // namespace
}  // namespace larder::store
