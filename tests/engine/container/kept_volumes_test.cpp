#include "engine/container/kept_volumes.hpp"

#include <gtest/gtest.h>

namespace larder::engine {
namespace {

std::vector<KeptByEngine> two_volumes() {
  KeptByEngine engine;
  engine.client = {Dialect::docker, "/usr/bin/docker"};
  engine.facts.scope = "tcp://builder:2376";
  engine.volumes = {
      {"cargo-cache-x64", {{"larder.target", "x64"}, {"larder.class", "download"}}, 2'000'000, false, 1000},
      {"cargo-target-app-arm64-0123456789abcdef",
       {{"larder.target", "arm64"}, {"larder.class", "compiled"}},
       std::nullopt,
       true,
       0}};
  return {engine};
}

TEST(KeptVolumes, GoesByAgeWhereTheLastUseIsKnown) {
  EXPECT_EQ(count_kept(unused_since(two_volumes(), 1000)), 0U);
  const auto old = unused_since(two_volumes(), 1001);
  ASSERT_EQ(count_kept(old), 1U);
  EXPECT_EQ(old[0].volumes[0].name, "cargo-cache-x64");
}

TEST(KeptVolumes, NothingGoesWhereOneIsInUse) {
  const Status removed = remove_kept(two_volumes(), "/nowhere");
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().message, "the volume cargo-target-app-arm64-0123456789abcdef is in use");
}

}  // namespace
}  // namespace larder::engine
