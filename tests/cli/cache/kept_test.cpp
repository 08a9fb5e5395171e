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
}

TEST(CacheKept, JsonHasStableNames) {
  const nlohmann::json volumes = kept_to_json(two_volumes())[0]["volumes"];
  EXPECT_EQ(volumes[0]["size_bytes"], 2'000'000);
  EXPECT_EQ(volumes[0]["last_used_at"], "1970-01-01T00:16:40Z");
  EXPECT_TRUE(volumes[1]["size_bytes"].is_null());
  EXPECT_TRUE(volumes[1]["last_used_at"].is_null());
  std::vector<std::string> names;
  for (const auto& [name, value] : volumes[0].items()) names.push_back(name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"class", "last_used_at", "name", "project", "size_bytes", "state", "target"}));
}

TEST(CacheKept, IsMeantByNameTargetOrAll) {
  store::CleanRequest request;
  request.targets = {"x64"};
  EXPECT_EQ(engine::count_kept(select_kept(two_volumes(), request, {}).kept), 1U);
  request = {};
  request.all = true;
  EXPECT_EQ(engine::count_kept(select_kept(two_volumes(), request, {}).kept), 2U);
  request = {};
  request.volumes = {"cargo-cache-x64"};
  const KeptSelection here_only = select_kept(two_volumes(), request, {});
  EXPECT_EQ(engine::count_kept(here_only.kept), 1U);
  EXPECT_FALSE(here_only.asks_store);
  const KeptSelection in_both = select_kept(two_volumes(), request, {"cargo-cache-x64"});
  EXPECT_TRUE(in_both.asks_store);
  request.volumes = {"nothing"};
  const KeptSelection unknown = select_kept(two_volumes(), request, {});
  EXPECT_EQ(engine::count_kept(unknown.kept), 0U);
  EXPECT_TRUE(unknown.asks_store) << "which then says that there is no such volume";
}

}  // namespace
}  // namespace larder::cli
