#include "cli/cache/history_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/store_kit.hpp"

namespace larder::cli {
namespace {

using store::Change;
using store::FileChange;
using store::Generation;
using store::Outcome;

constexpr int64_t now = 1'000'000'000;

Generation generation(const std::string& id, Outcome outcome, int64_t age) {
  Generation made;
  made.id = id;
  made.spec = test::compiled("cargo-target-app-x64", "0123456789abcdef");
  made.outcome = outcome;
  made.created_seconds = now - age;
  return made;
}

Generation built(const std::string& id, Outcome outcome, int64_t age) {
  Generation made = generation(id, outcome, age);
  made.build = "larder build x64 in /home/ann/app\x1b[2J, process 4711";
  made.seconds = 61;
  return made;
}

std::vector<store::LoggedState> three_states() {
  Generation rolled_back = generation("aaaaaaaaaaaaaaaa", Outcome::rolled_back, 5);
  rolled_back.same_content_as = "cccccccccccccccc";
  std::vector<store::LoggedState> states(3);
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
  EXPECT_EQ(names, (std::vector<std::string>{"added_files", "build", "change_bytes", "created_unix_seconds", "current",
                                             "damaged", "good", "id", "outcome", "parent", "same_content_as", "seconds",
                                             "settled"}));
}

store::StateDetails example_details() {
  store::StateDetails details;
  details.state = {built("cccccccccccccccc", Outcome::success, 7200), true, true, false};
  details.state.generation.parent = "bbbbbbbbbbbbbbbb";
  details.state.generation.last_success = "cccccccccccccccc";
  details.layers = {{"1111111111111111", 68, 12'000'000, true, false}, {"2222222222222222", 1, 300'000, false, false}};
  details.files = 69;
  details.bytes = 12'300'000;
  return details;
}

TEST(CacheShow, TellsAllThatIsKnown) {
  EXPECT_EQ("\n" + format_state(example_details(), now), R"(
volume      cargo-target-app-x64@0123456789abcdef
generation  cccccccccccccccc (current)
parent      bbbbbbbbbbbbbbbb
outcome     success
made        2001-09-08T23:46:40Z, 2 hours ago
by          larder build x64 in /home/ann/app, process 4711
took        1 min 01 s
last good   cccccccccccccccc
target      x64
path        /workspace/target
project     pantry
workspace   /home/me/pantry
image       sha256:1
recipe      cargo 1
state       settled
content     69 files, 12.3 MB

LAYER             FILES      SIZE  STATE
1111111111111111     68   12.0 MB  settled
2222222222222222      1  300.0 KB  not settled yet
)");
}

TEST(CacheShow, TellsWhatIsDamaged) {
  store::StateDetails details = example_details();
  details.state.damaged = true;
  details.layers[1].damaged = true;
  const std::string text = format_state(details, now);
  EXPECT_NE(text.find("state       damaged\n\n"), std::string::npos) << text;
  EXPECT_NE(text.find("2222222222222222      -        -  damaged\n"), std::string::npos) << text;
}

TEST(CacheShow, JsonSaysTheSame) {
  const nlohmann::json data = state_to_json(example_details());
  EXPECT_EQ(data["volume"], "cargo-target-app-x64");
  EXPECT_EQ(data["created"], "2001-09-08T23:46:40Z");
  EXPECT_EQ(data["layers"][1]["bytes"], 300'000);
  EXPECT_EQ(data["files"], 69);
  EXPECT_EQ(data["good"], true);
}

std::vector<FileChange> example_changes() {
  return {{"a/gone", Change::removed, 1500, 0},
          {"a/new\x1b[2J", Change::added, 0, 12'300'000},
          {"b", Change::changed, 1000, 1200},
          {"mode", Change::changed, 7, 7}};
}

TEST(CacheDiff, HasALinePerFileAndTheSums) {
  EXPECT_EQ("\n" + format_diff(example_changes()), R"(
-            1.5 KB  a/gone
+           12.3 MB  a/new
~  1.0 KB to 1.2 KB  b
~               7 B  mode
1 added, 2 changed, 1 removed, +12.3 MB
)");
  EXPECT_EQ(format_diff({}), "0 added, 0 changed, 0 removed, +0 B\n");
  EXPECT_EQ(format_diff({{"a", Change::removed, 1500, 0}}), "-  1.5 KB  a\n0 added, 0 changed, 1 removed, -1.5 KB\n");
}

TEST(CacheDiff, JsonSaysTheSame) {
  const nlohmann::json data = diff_to_json(example_changes());
  EXPECT_EQ(data["files"][2],
            (nlohmann::json{{"path", "b"}, {"change", "changed"}, {"bytes_before", 1000}, {"bytes_after", 1200}}));
  EXPECT_EQ(data["changed"], 2);
}

TEST(CacheRollback, TellsHowToTakeItBack) {
  const Generation from = built("bbbbbbbbbbbbbbbb", Outcome::failed, 60);
  EXPECT_EQ(format_rollback("app-x64", from, built("cccccccccccccccc", Outcome::success, 3 * 3600), now),
            "app-x64 is what it was 3 hours ago (generation cccccccc). To take it back: larder cache rollback app-x64 "
            "bbbbbbbb\n");
  EXPECT_NE(format_rollback("app-x64", from, built("cccccccccccccccc", Outcome::success, 3), now).find("a moment ago"),
            std::string::npos);
}

}  // namespace
}  // namespace larder::cli
