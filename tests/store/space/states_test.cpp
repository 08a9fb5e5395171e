#include "store/space/states.hpp"

#include <gtest/gtest.h>

#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using test::must;

using Counts = std::map<std::string, uint64_t>;

class StatesTest : public ::testing::Test {
 protected:
  const store::Store& store() const { return temp_.store; }

  void commit(Outcome outcome, const test::Files& files) {
    auto transaction = test::begin(store(), target_);
    test::fill(store(), transaction, files);
    must(transaction.seal(outcome));
  }

  History history() { return must(store::history(store(), target_.key)); }
  std::vector<LoggedState> log() { return must(log_states(store(), history())); }
  void go_back_to(const Generation& generation) { must(store::rollback(store(), target_.key, generation, "the test")); }
  void lose(const std::string& layer) { must(remove_tree(temp_.os, store().dir(), "layers/" + layer)); }

  test::TempStore temp_;
  const store::VolumeSpec target_ = test::compiled("pantry-x64");
};

TEST_F(StatesTest, OfNothingThereAreNone) {
  EXPECT_TRUE(log().empty());
  EXPECT_FALSE(previous_state({}));
  EXPECT_FALSE(previous_good_state({}));
}

TEST_F(StatesTest, EachSaysWhatItChanged) {
  commit(Outcome::success, {{"cache/a", "123"}, {"cache/b", "1"}, {"top", ""}});
  commit(Outcome::failed, {{"cache/a", "1234"}, {"index/c", "12"}});
  const auto states = log();
  ASSERT_EQ(states.size(), 2U);
  EXPECT_TRUE(states[0].state.current);
  EXPECT_FALSE(states[1].state.current);
  EXPECT_EQ(states[0].change_bytes, 6U);
  EXPECT_EQ(states[0].added, Counts({{"index/", 1}}));
  EXPECT_EQ(states[1].change_bytes, 4U);
  EXPECT_EQ(states[1].added, Counts({{"cache/", 2}, {"./", 1}}));
}

TEST_F(StatesTest, SettledIsWhatIsOlderThanASettledOne) {
  commit(Outcome::success, {{"a", "1"}});
  commit(Outcome::success, {{"a", "2"}});
  must(store::settle(store(), target_.key));
  commit(Outcome::success, {{"a", "3"}});
  std::vector<bool> settled;
  for (const LoggedState& logged : log()) settled.push_back(logged.state.settled);
  EXPECT_EQ(settled, std::vector<bool>({false, true, true}));
}

TEST_F(StatesTest, WithoutItsLayersAStateIsDamaged) {
  commit(Outcome::success, {{"a", "1"}});
  commit(Outcome::success, {{"b", "2"}});
  commit(Outcome::success, {{"c", "3"}});
  const History all = history();
  go_back_to(all[1]);
  lose(all[0].layers.back());
  std::vector<bool> damaged;
  for (const LoggedState& logged : log()) damaged.push_back(logged.state.damaged);
  EXPECT_EQ(damaged, std::vector<bool>({false, true, false, false}));
  EXPECT_EQ(log()[0].change_bytes, 0U);  // beside the sound one
  const StateDetails details = must(describe_state(store(), history(), all[0].id));
  EXPECT_TRUE(details.state.damaged);
  ASSERT_EQ(details.layers.size(), 3U);
  EXPECT_FALSE(details.layers[1].damaged);
  EXPECT_TRUE(details.layers[2].damaged);
}

TEST_F(StatesTest, AFlattenedStateChangesNothing) {
  for (int i = 0; i < 9; ++i) commit(Outcome::success, {{"file" + std::to_string(i), "1"}});
  must(store::flatten(store(), target_.key));
  const auto states = log();
  ASSERT_EQ(states[0].state.generation.outcome, Outcome::flattened);
  EXPECT_EQ(states[0].change_bytes, 0U);
  EXPECT_TRUE(states[0].added.empty());
  EXPECT_EQ(previous_state(history())->id, history()[2].id);
}

TEST_F(StatesTest, OneIsDescribedWithItsLayers) {
  commit(Outcome::success, {{"a", "123"}, {"b", "1"}});
  must(store::settle(store(), target_.key));
  commit(Outcome::success, {{"a", "12"}});
  const StateDetails details = must(describe_state(store(), history(), history()[0].id));
  EXPECT_EQ(details.files, 2U);
  EXPECT_EQ(details.bytes, 3U);
  ASSERT_EQ(details.layers.size(), 2U);
  EXPECT_EQ(details.layers[0].files, 2U);
  EXPECT_EQ(details.layers[0].bytes, 4U);
  EXPECT_TRUE(details.layers[0].settled);
  EXPECT_EQ(details.layers[1].bytes, 2U);
  EXPECT_FALSE(details.layers[1].settled);
}

TEST_F(StatesTest, GoingBackAndAgainComesBack) {
  commit(Outcome::success, {{"a", "1"}});
  EXPECT_FALSE(previous_state(history()));
  commit(Outcome::success,
         {{"a", "22"}});  // of other sizes: two writes may fall into one tick of the file system's clock
  const History all = history();
  EXPECT_EQ(previous_state(all)->id, all[1].id);
  go_back_to(all[1]);
  EXPECT_EQ(previous_state(history())->id, all[0].id);
}

TEST_F(StatesTest, GoodIsWhatAGoodBuildLeft) {
  commit(Outcome::success, {{"a", "1"}});
  commit(Outcome::failed, {{"a", "22"}});
  commit(Outcome::interrupted, {{"a", "333"}});
  const History all = history();
  EXPECT_FALSE(is_good(all[0]));
  EXPECT_EQ(previous_good_state(all)->id, all[2].id);
  go_back_to(all[1]);
  EXPECT_FALSE(is_good(history()[0]));
  go_back_to(all[2]);
  EXPECT_TRUE(is_good(history()[0]));
}

}  // namespace
}  // namespace larder::store
