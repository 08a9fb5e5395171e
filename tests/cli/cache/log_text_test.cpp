#include "cli/cache/log_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/cache_kit.hpp"

namespace larder::cli {
namespace {

using store::Generation;
using store::LoggedState;
using store::Outcome;
using test::built;
using test::generation;
using test::now;

std::vector<LoggedState> three_states() {
  Generation rolled_back = generation("aaaaaaaaaaaaaaaa", Outcome::rolled_back, 5);
  rolled_back.same_content_as = "cccccccccccccccc";
  std::vector<LoggedState> states(3);
  states[0].state = {rolled_back, true, false, false};
  states[1].state = {built("bbbbbbbbbbbbbbbb", Outcome::failed, 7200), false, true, true};
  states[2].state = {built("cccccccccccccccc", Outcome::success, 3 * 86400), false, true, false};
  states[2].change_bytes = 12'300'000;
  states[2].added = {{"a/", 1}, {"b/", 68}, {"c/", 2}, {"d/", 3}};
  return states;
}

TEST(CacheLog, HasALinePerGeneration) {
  EXPECT_EQ("\n" + format_log(three_states(), now), R"(
  GENERATION  AGE          OUTCOME      BUILD                             TIME   CHANGE  ADDED
* aaaaaaaa    now          rolled-back  content of cccccccc                  -      0 B
  bbbbbbbb    2 hours ago  failed       build x64 in /home/ann/app  1 min 01 s  damaged
  cccccccc    3 days ago   success      build x64 in /home/ann/app  1 min 01 s  12.3 MB  +68 b/ +3 d/ +2 c/
)");
}

TEST(CacheLog, JsonHasStableNames) {
  const nlohmann::json list = log_to_json(three_states());
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[2]["added_files"]["b/"], 68);
  EXPECT_EQ(list[2]["change_bytes"], 12'300'000);
  std::vector<std::string> names;
  for (const auto& [name, value] : list[0].items()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"added_files", "build", "change_bytes", "created_at", "current", "damaged",
                                             "duration_seconds", "good", "id", "outcome", "parent", "same_content_as",
                                             "settled"}));
}

}  // namespace
}  // namespace larder::cli
