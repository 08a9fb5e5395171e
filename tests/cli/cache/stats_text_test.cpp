#include "cli/cache/stats_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/cache_kit.hpp"

namespace larder::cli {
namespace {

using store::VolumeUsage;
using test::three_volumes;
using test::usage;

CacheStats example_stats() {
  CacheStats stats;
  stats.path = "/store";
  stats.usage.volumes = three_volumes();
  stats.usage.disk_bytes = 25'000'000;
  stats.usage.layer_bytes = 24'600'000;
  stats.usage.current_bytes = 24'600'000;
  stats.usage.history_bytes = 300'000;
  stats.usage.reclaimable_bytes = 90'000;
  stats.usage.other_bytes = 10'000;
  stats.usage.shared_bytes = 12'300'000;
  stats.targets = {{"arm64", 1, 3, 6'150'000, 12'300'000}, {"x64", 2, 6, 12'300'000, 24'600'000}};
  return stats;
}

TEST(CacheStats, TotalsCountWhatIsSharedOnce) {
  EXPECT_EQ(format_stats(example_stats()),
            "TARGET  VOLUMES  FILES  LOGICAL  ON DISK\n"
            "arm64         1      3   6.2 MB  12.3 MB\n"
            "x64           2      6  12.3 MB  24.6 MB\n"
            "in all        3      9  18.4 MB  24.6 MB\n"
            "\n"
            "on disk         25.0 MB  in /store\n"
            "  volumes       24.6 MB  what builds start from, 12.3 MB of it shared\n"
            "  history      300.0 KB  earlier states of volumes\n"
            "  running           0 B  what running builds have written so far\n"
            "  reclaimable   90.0 KB  what nothing needs; goes after the next build\n"
            "  else          10.0 KB  records, logs, folders\n"
            "saved           12.3 MB  by storing once what volumes share\n");
}

TEST(CacheStats, JsonSaysTheSame) {
  const nlohmann::json data = stats_to_json(example_stats());
  EXPECT_EQ(data["disk_bytes"], 25'000'000);
  EXPECT_EQ(data["volumes_disk_bytes"], 24'600'000);
  EXPECT_EQ(data["saved_bytes"], 12'300'000);
  EXPECT_EQ(data["shared_bytes"], 12'300'000);
  EXPECT_EQ(data["current_bytes"], 24'600'000);
  EXPECT_EQ(data["history_bytes"], 300'000);
  EXPECT_EQ(data["running_bytes"], 0);
  EXPECT_EQ(data["reclaimable_bytes"], 90'000);
  EXPECT_EQ(data["other_bytes"], 10'000);
  EXPECT_EQ(data["logical_bytes"], 18'450'000);
  EXPECT_EQ(data["targets"][1]["target"], "x64");
  EXPECT_EQ(data["targets"][1]["disk_bytes"], 24'600'000);
}

TEST(CacheChart, ComparesVolumesLargestFirst) {
  Screen screen;
  screen.unicode = false;
  screen.columns = 51;  // leaves 20 for the bars
  EXPECT_EQ(format_chart(three_volumes(), screen),
            "\n"
            "cargo-cache-x64    ##########..........   24.6 MB\n"
            "cargo-cache-arm64  ..........             12.3 MB\n"
            "# its own  . shared with others\n");
  screen.unicode = true;
  EXPECT_NE(format_chart(three_volumes(), screen).find("██████████░░░░░░░░░░"), std::string::npos);
}

TEST(CacheChart, LeavesNarrowTerminalsAndEmptyStoresAlone) {
  Screen screen;
  screen.columns = 30;
  EXPECT_EQ(format_chart(three_volumes(), screen), "");
  EXPECT_EQ(format_chart({usage("a", "x64", 0, 0)}, Screen{}), "");
}

TEST(CacheChart, CountsTheVolumesThatItDoesNotShow) {
  std::vector<VolumeUsage> volumes;
  for (int i = 0; i < 15; ++i) volumes.push_back(usage("volume", "x64", 1000, 0));
  EXPECT_NE(format_chart(volumes, Screen{}).find("and 3 volumes smaller"), std::string::npos);
}

}  // namespace
}  // namespace larder::cli
