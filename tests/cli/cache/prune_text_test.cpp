#include "cli/cache/prune_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/cache_kit.hpp"
#include "support/store_kit.hpp"

namespace larder::cli {
namespace {

using test::now;

PruneResult example_result() {
  PruneResult result;
  result.limits.max_bytes = 4'000'000'000;
  store::PrunePlan& plan = result.plan;
  plan.history = {{test::volume_key("pantry-x64"), "new", "old", 2},
                  {test::volume_key("cargo-cache-x64"), "new", "old", 1}};
  plan.volumes = {{test::compiled("shelf-x64"), "new", store::Reason::age, 1'200'000'000, 62, now - 40 * 86400},
                  {test::compiled("tin-x64"), "new", store::Reason::size, 30'000'000, 22, now - 7200}};
  plan.before_bytes = 5'000'000'000;
  plan.after_bytes = 3'700'000'000;
  plan.rebuild_seconds = 84;
  return result;
}

TEST(CachePrune, SaysWhatWentAndWhatThatCosts) {
  EXPECT_EQ(format_prune(example_result(), now),
            "Removed 3 earlier states of 2 volumes and 2 volumes:\n"
            "  shelf-x64  x64  1.2 GB   used 40 days ago  built in 1 min 02 s\n"
            "  tin-x64    x64  30.0 MB  used 2 hours ago  built in 22 s\n"
            "Freed 1.3 GB: the store takes 3.7 GB.\n"
            "The next builds take about 1 min 24 s of building again.\n");
}

TEST(CachePrune, ADryRunSaysWhatWould) {
  PruneResult result = example_result();
  result.dry_run = true;
  result.plan.volumes.clear();
  result.plan.history.pop_back();
  EXPECT_EQ(format_prune(result, now),
            "Would remove 2 earlier states of 1 volume.\n"
            "Would free 1.3 GB: the store would take 3.7 GB.\n");
  result.plan = {};
  EXPECT_EQ(format_prune(result, now),
            "Would remove no volume and no earlier state.\n"
            "Would free 0 B: the store would take 0 B.\n");
}

TEST(CachePrune, JsonHasStableNames) {
  const nlohmann::json data = prune_to_json(example_result());
  EXPECT_EQ(data["history"][0]["name"], "pantry-x64");
  EXPECT_EQ(data["history"][0]["generations"], 2);
  EXPECT_EQ(data["volumes"][1]["reason"], "size");
  EXPECT_EQ(data["volumes"][1]["rebuild_seconds"], 22);
  EXPECT_EQ(data["volumes"][1]["last_used_at"], "2001-09-08T23:46:40Z");
  EXPECT_EQ(data["freed_bytes"], 1'300'000'000);
  EXPECT_EQ(data["limit_reached"], true);
  std::vector<std::string> names;
  for (const auto& [name, value] : data.items()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"after_bytes", "before_bytes", "dry_run", "freed_bytes", "history",
                                             "in_use", "limit_reached", "max_bytes", "rebuild_seconds", "volumes"}));
}

TEST(CachePrune, SaysWhyTheLimitIsNotReached) {
  PruneResult result = example_result();
  EXPECT_TRUE(check_reached(result));
  result.limits.max_bytes = 1'000'000'000;
  EXPECT_EQ(check_reached(result).error().cause, "no volume is left that could go; the rest is records and logs");
  for (const char* name : {"a", "b", "c", "d", "e"})
    result.plan.in_use.push_back({test::volume_key(name), "larder build x64\x1b[2J"});
  const Error error = check_reached(result).error();
  EXPECT_EQ(error.code, ErrorCode::environment);
  EXPECT_EQ(error.message, "the store still takes 3.7 GB, more than 1.0 GB");
  EXPECT_EQ(
      error.cause,
      "the volume a is in use by larder build x64; the volume b is in use by larder build x64; the volume c is in "
      "use by larder build x64; 2 more");
  result.limits.max_bytes.reset();
  EXPECT_TRUE(check_reached(result));
}

}  // namespace
}  // namespace larder::cli
