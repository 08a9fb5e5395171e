#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/cache/clean.hpp"
#include "cli/cache/layers.hpp"
#include "cli/cache/text.hpp"
#include "support/store_kit.hpp"

namespace larder::cli {
namespace {

using store::VolumeUsage;
using test::must;
using test::TempStore;

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

TEST(MeasureLayers, TellsTheLayersOwnBytesFromThoseLinkedElsewhere) {
  TempStore temp;
  test::put_file(temp.store.dir(), "layers/a/tree/own", std::string(100'000, 'x'));
  test::put_file(temp.store.dir(), "layers/a/tree/shared", std::string(200'000, 'x'));
  test::put_dir(temp.store.dir(), "layers/b/tree");
  must(temp.os.link(temp.store.dir(), "layers/a/tree/shared", temp.store.dir(), "layers/b/tree/shared"));
  const LayerSize one = must(measure_layers(temp.store, {"a"}));
  const LayerSize both = must(measure_layers(temp.store, {"a", "b", "missing"}));
  EXPECT_GE(one.disk_bytes, one.own_bytes + 200'000);
  EXPECT_GE(one.own_bytes, 100'000U);
  EXPECT_LT(one.own_bytes, 200'000U);
  EXPECT_EQ(both.disk_bytes, both.own_bytes);
  EXPECT_LT(both.disk_bytes, one.disk_bytes + 100'000);
}

const store::VolumeKey cache_x64{"cache-x64", "any", "trusted"};

/// Two download volumes, one a fork of the other, and a compiled one.
struct Filled : TempStore {
  Filled() {
    test::commit(store, named("cache-x64", "x64"), {{"a", std::string(100'000, 'x')}});
    store::ForkRequest request{named("cache-arm64", "arm64"), store::Access::write, {cache_x64}, {}};
    auto transaction = test::begin(store, {request});
    test::fill(store, transaction, {{"b", std::string(50'000, 'x')}});
    must(transaction.seal(store::Outcome::success));
    test::commit(store, test::compiled("out-x64"), {{"c", std::string(30'000, 'x')}});
  }
  static store::VolumeSpec named(const std::string& name, const std::string& target) {
    store::VolumeSpec spec = test::download(name);
    spec.target = target;
    return spec;
  }
  Result<Cleaning> prepare(const CleanRequest& request) const {
    const auto candidates = must(read_candidates(store));
    auto selected = select_candidates(candidates, request, {"x64", "arm64", "musl-x64"});
    if (!selected) return fail(selected.error());
    return Cleaning::prepare(store, candidates, std::move(*selected));
  }
};

TEST(CacheClean, EstimatesOnlyWhatNothingElseNeeds) {
  const Filled filled;
  const Cleaning one = must(filled.prepare({{"cache-x64"}, {}, false}));
  EXPECT_EQ(one.count(), 1U);
  EXPECT_EQ(one.about_bytes(), 0U);
  const Cleaning other = must(filled.prepare({{"cache-arm64"}, {}, false}));
  EXPECT_GE(other.about_bytes(), 50'000U);
  EXPECT_LT(other.about_bytes(), 100'000U);
  EXPECT_GE(must(filled.prepare({{}, {}, true})).about_bytes(), 180'000U);
}

TEST(CacheClean, RemovesATargetsVolumesAndSaysWhatItFreed) {
  const Filled filled;
  const Cleaning cleaning = must(filled.prepare({{}, {"arm64"}, false}));
  const uint64_t about = cleaning.about_bytes();
  const CleanOutcome outcome = must(cleaning.run());
  ASSERT_EQ(outcome.removed.size(), 1U);
  EXPECT_EQ(outcome.removed.front().name, "cache-arm64");
  EXPECT_GE(outcome.freed_bytes, about);
  EXPECT_EQ(must(filled.prepare({{"cache-arm64"}, {}, false})).count(), 0U);
  EXPECT_EQ(test::files_of(filled.store, cache_x64).count("a"), 1U);
}

TEST(CacheClean, TellsWhatIsFreeEvenWhenAnotherProcessCollectedIt) {
  const Filled filled;
  const Cleaning cleaning = must(filled.prepare({{}, {}, true}));
  must(store::clean(filled.store, must(store::list_volumes(filled.store))));
  must(store::collect(filled.store));
  EXPECT_GE(must(cleaning.run()).freed_bytes, 180'000U);
}

TEST(CacheClean, RefusesAVolumeInUseAndRemovesNothing) {
  const Filled filled;
  const auto transaction = test::begin(filled.store, test::compiled("out-x64"));
  const auto outcome = must(filled.prepare({{}, {}, true})).run();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::environment);
  EXPECT_NE(outcome.error().cause.find("the test"), std::string::npos);
  EXPECT_EQ(must(filled.prepare({{}, {}, true})).count(), 3U);
}

TEST(CacheClean, UnknownNamesAreToldWithTheNearest) {
  const Filled filled;
  const auto volume = filled.prepare({{"cache-x46"}, {}, false});
  ASSERT_FALSE(volume);
  EXPECT_EQ(volume.error().code, ErrorCode::usage);
  EXPECT_EQ(volume.error().hint, "did you mean 'cache-x64'?");
  const auto target = filled.prepare({{}, {"arm46"}, false});
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().hint, "did you mean 'arm64'?");
  EXPECT_EQ(must(filled.prepare({{}, {"musl-x64"}, false})).count(), 0U);
}

TEST(CacheClean, RemovesADamagedVolume) {
  const Filled filled;
  test::put_file(filled.store.dir(), "refs/trusted/out-x64/v1/current", "garbage");
  const Cleaning cleaning = must(filled.prepare({{"out-x64"}, {}, false}));
  EXPECT_EQ(cleaning.count(), 1U);
  EXPECT_NE(must(cleaning.describe()).find("damaged"), std::string::npos);
  must(cleaning.run());
  EXPECT_FALSE(must(store::current_generation(filled.store, {"out-x64", "v1", "trusted"})));
}

}  // namespace
}  // namespace larder::cli
