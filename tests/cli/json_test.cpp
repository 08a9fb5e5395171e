#include "cli/json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/store_kit.hpp"

namespace larder::cli {
namespace {

TEST(Json, ATimeIsTextAndAnUnknownOneNull) {
  EXPECT_EQ(time_to_json(1'000'000'000), "2001-09-09T01:46:40Z");
  EXPECT_TRUE(time_to_json(0).is_null());
}

TEST(Json, NamesAVolume) {
  const store::VolumeKey key = test::volume_key("cache-x64");
  EXPECT_EQ(key_to_json(key), nlohmann::json({{"name", "cache-x64"}, {"variant", "any"}, {"trust", "trusted"}}));
  EXPECT_EQ(key_to_json(key, "volume").at("volume"), "cache-x64");
}

TEST(Json, SaysWhatAVolumeIsFor) {
  const nlohmann::json data = spec_to_json(test::compiled("out-x64"), "volume");
  EXPECT_EQ(data["volume"], "out-x64");
  EXPECT_EQ(data["class"], "compiled");
  EXPECT_EQ(data["path"], "/workspace/target");
  EXPECT_EQ(data["recipe"], "cargo 1");
}

}  // namespace
}  // namespace larder::cli
