#include "cli/cache/show_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/cache_kit.hpp"

namespace larder::cli {
namespace {

using store::Outcome;
using store::StateDetails;
using test::built;
using test::now;

StateDetails example_details() {
  StateDetails details;
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
  StateDetails details = example_details();
  details.state.damaged = true;
  details.layers[1].damaged = true;
  const std::string text = format_state(details, now);
  EXPECT_NE(text.find("state       damaged\n\n"), std::string::npos) << text;
  EXPECT_NE(text.find("2222222222222222      -        -  damaged\n"), std::string::npos) << text;
}

TEST(CacheShow, JsonSaysTheSame) {
  const nlohmann::json data = state_to_json(example_details());
  EXPECT_EQ(data["volume"], "cargo-target-app-x64");
  EXPECT_EQ(data["created_at"], "2001-09-08T23:46:40Z");
  EXPECT_EQ(data["layers"][1]["size_bytes"], 300'000);
  EXPECT_EQ(data["files"], 69);
  EXPECT_EQ(data["good"], true);
}

}  // namespace
}  // namespace larder::cli
