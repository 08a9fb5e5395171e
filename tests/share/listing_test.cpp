#include "share/listing.hpp"

#include <gtest/gtest.h>

namespace larder::share {
namespace {

constexpr int64_t now = 1'000'000;

Listed state(const std::string& branch, int64_t seconds, const std::string& volume = "app",
             const std::string& digest = "") {
  Listed one;
  one.tag = branch + "." + volume;
  one.digest = digest.empty() ? one.tag : digest;
  one.volume = volume;
  one.statement.branch = branch;
  one.statement.seconds = seconds;
  return one;
}

std::vector<std::string> pruned(const std::vector<Listed>& states, const PruneRules& rules) {
  std::vector<std::string> tags;
  for (const Listed& one : states_to_prune(states, rules, {"p", "mine", "main"}, now)) tags.push_back(one.tag);
  return tags;
}

using Tags = std::vector<std::string>;

const std::vector<Listed> states = {state("a", 100),  state("b", 900'000), state("c", 200),
                                    state("main", 1), state("mine", 2),    state("a", 50, "lib")};

TEST(RemotePrune, KeepsTheNewestOfEachVolume) {
  EXPECT_EQ(pruned(states, {2, {}}), Tags{"a.app"});
  EXPECT_EQ(pruned(states, {0, {}}), (Tags{"b.app", "c.app", "a.app", "a.lib"}));
  EXPECT_EQ(pruned(states, {9, {}}), Tags{});
}

TEST(RemotePrune, KeepsWhatIsYoung) {
  EXPECT_EQ(pruned(states, {{}, 500'000}), (Tags{"c.app", "a.app", "a.lib"}));
  EXPECT_EQ(pruned(states, {2, 500'000}), Tags{"a.app"}) << "old by both";
}

TEST(RemotePrune, NeverRemovesAManifestThatAKeptTagHas) {
  EXPECT_EQ(pruned({state("a", 100, "app", "same"), state("main", 100, "app", "same"), state("c", 100)}, {0, {}}),
            Tags{"c.app"});
}

TEST(RemotePrune, LeavesWhatDoesNotSayWhenItWasPushed) { EXPECT_EQ(pruned({state("a", 0)}, {0, {}}), Tags{}); }

}  // namespace
}  // namespace larder::share
