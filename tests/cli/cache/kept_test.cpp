#include "cli/cache/kept.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace larder::cli {
namespace {

std::vector<KeptByEngine> two_volumes() {
  KeptByEngine docker;
  docker.client = {engine::Dialect::docker, "/usr/bin/docker"};
  docker.facts.scope = "tcp://builder:2376";
  docker.volumes = {
      {"cargo-cache-x64", {{"larder.target", "x64"}, {"larder.class", "download"}}, 2'000'000, false, 1000},
      {"cargo-target-app-arm64-0123456789abcdef",
       {{"larder.target", "arm64"}, {"larder.class", "compiled"}},
       std::nullopt,
       true,
       0}};
  return {docker};
}

TEST(CacheKept, IsATableForEachEngine) {
  EXPECT_EQ(format_kept(two_volumes(), 4600),
            "\ndocker keeps itself, 2.0 MB (tcp://builder:2376):\n"
            "NAME                                     TARGET  CLASS       SIZE  LAST USED   STATE\n"
            "cargo-cache-x64                          x64     download  2.0 MB  1 hour ago  populated\n"
            "cargo-target-app-arm64-0123456789abcdef  arm64   compiled       ?  -           in use\n");
  EXPECT_EQ(format_kept({}, 0), "");
  EXPECT_EQ(kept_to_json(two_volumes())[0]["volumes"][0]["size_bytes"], 2'000'000);
}

TEST(CacheKept, IsMeantByNameTargetOrAll) {
  store::CleanRequest request;
  request.targets = {"x64"};
  EXPECT_EQ(count_kept(select_kept(two_volumes(), request, {}).kept), 1U);
  request = {};
  request.all = true;
  EXPECT_EQ(count_kept(select_kept(two_volumes(), request, {}).kept), 2U);
  request = {};
  request.volumes = {"cargo-cache-x64"};
  const KeptSelection here_only = select_kept(two_volumes(), request, {});
  EXPECT_EQ(count_kept(here_only.kept), 1U);
  EXPECT_FALSE(here_only.asks_store);
  const KeptSelection in_both = select_kept(two_volumes(), request, {"cargo-cache-x64"});
  EXPECT_TRUE(in_both.asks_store);
  request.volumes = {"nothing"};
  const KeptSelection unknown = select_kept(two_volumes(), request, {});
  EXPECT_EQ(count_kept(unknown.kept), 0U);
  EXPECT_TRUE(unknown.asks_store) << "which then says that there is no such volume";
}

TEST(CacheKept, GoesByAgeWhereTheLastUseIsKnown) {
  EXPECT_EQ(count_kept(unused_since(two_volumes(), 1000)), 0U);
  const auto old = unused_since(two_volumes(), 1001);
  ASSERT_EQ(count_kept(old), 1U);
  EXPECT_EQ(old[0].volumes[0].name, "cargo-cache-x64");
}

TEST(CacheKept, NothingGoesWhereOneIsInUse) {
  const Status removed = remove_kept(two_volumes(), "/nowhere");
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().message, "the volume cargo-target-app-arm64-0123456789abcdef is in use");
}

}  // namespace
}  // namespace larder::cli
