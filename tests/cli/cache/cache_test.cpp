#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/cache/text.hpp"
#include "support/store_kit.hpp"

namespace larder::cli {
namespace {

using store::VolumeUsage;

constexpr int64_t now = 1'000'000'000;

VolumeUsage usage(const std::string& name, const std::string& target, uint64_t disk_bytes, uint64_t shared_bytes,
                  std::vector<std::string> shared_with = {}) {
  VolumeUsage volume;
  volume.generation.spec = test::download(name);
  volume.generation.spec.target = target;
  if (disk_bytes > 0) volume.generation.layers = {"layer"};
  volume.files = 3;
  volume.logical_bytes = disk_bytes / 2;
  volume.disk_bytes = disk_bytes;
  volume.shared_bytes = shared_bytes;
  volume.shared_with = std::move(shared_with);
  volume.last_used_seconds = now - 7200;
  return volume;
}

std::vector<VolumeUsage> three_volumes() {
  std::vector<VolumeUsage> volumes = {usage("cargo-cache-arm64", "arm64", 12'300'000, 12'300'000, {"cargo-cache-x64"}),
                                      usage("cargo-cache-x64", "x64", 24'600'000, 12'300'000,
                                            {"cargo-cache-arm64", "cargo-cache-musl-arm64", "cargo-cache-musl-x64"}),
                                      usage("cargo-git-cache-x64", "x64", 0, 0)};
  volumes[0].used_by = "larder build arm64\x1b[2J, process 4711";
  return volumes;
}

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
