#include "cli/cache/list_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/cache_kit.hpp"

namespace larder::cli {
namespace {

using test::now;
using test::three_volumes;

TEST(CacheList, ShowsWhatEachVolumeHoldsAndShares) {
  EXPECT_EQ("\n" + format_volumes(three_volumes(), now), R"(
NAME                 TARGET  PATH                          SIZE  SHARED                                     LAST USED    STATE
cargo-cache-arm64    arm64   /usr/local/cargo/registry  12.3 MB  12.3 MB with cargo-cache-x64               2 hours ago  in use by larder build arm64, process 4711
cargo-cache-x64      x64     /usr/local/cargo/registry  24.6 MB  12.3 MB with cargo-cache-arm64 and 2 more  2 hours ago  populated
cargo-git-cache-x64  x64     /usr/local/cargo/registry      0 B  -                                          2 hours ago  created
)");
}

TEST(CacheList, JsonHasStableNames) {
  const nlohmann::json list = volumes_to_json(three_volumes());
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0]["state"], "in use");
  EXPECT_EQ(list[1]["state"], "populated");
  EXPECT_EQ(list[2]["state"], "created");
  EXPECT_EQ(list[1]["size_bytes"], 24'600'000);
  EXPECT_EQ(list[1]["shared_bytes"], 12'300'000);
  EXPECT_EQ(list[1]["shared_with"].size(), 3U);
  std::vector<std::string> names;
  for (const auto& [name, value] : list[0].items()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{
                       "changed_at", "class",   "files",  "image",   "last_used_at", "logical_bytes", "name",
                       "path",       "project", "recipe", "settled", "shared_bytes", "shared_with",   "size_bytes",
                       "state",      "target",  "trust",  "used_by", "variant",      "workspace"}));
}

}  // namespace
}  // namespace larder::cli
