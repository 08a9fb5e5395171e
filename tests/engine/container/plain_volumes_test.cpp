#include "engine/container/plain_volumes.hpp"

#include <gtest/gtest.h>

#include "engine/container/arguments.hpp"
#include "support/must.hpp"

namespace larder::engine {
namespace {

using test::must;

// As docker 28.2 prints it.
constexpr const char* usage =
    R"([{"Labels":"larder.store=/s,larder.target=x64","Links":"0","Name":"b","Size":"12.3MB"},)"
    R"({"Labels":"larder.store=/s","Links":"1","Name":"a","Size":"N/A"},)"
    R"({"Labels":"larder.store=/s,larder.transaction=t","Links":"1","Name":"running","Size":"1B"},)"
    R"({"Labels":"","Links":"0","Name":"foreign","Size":"1B"}])";

TEST(PlainVolumes, AreReadFromTheEnginesDiskUsage) {
  const auto volumes = must(parse_disk_usage(usage));
  ASSERT_EQ(volumes.size(), 2U) << "not a running build's, nor others'";
  EXPECT_EQ(volumes[0].name, "b");
  EXPECT_EQ(volumes[0].bytes, 12'300'000U);
  EXPECT_FALSE(volumes[0].in_use);
  EXPECT_EQ(volumes[0].labels.at("larder.target"), "x64");
  EXPECT_FALSE(volumes[1].bytes);
  EXPECT_TRUE(volumes[1].in_use);
  EXPECT_TRUE(must(parse_disk_usage("[]")).empty());
  EXPECT_FALSE(parse_disk_usage("what"));
}

TEST(PlainVolumes, NameNoTransactionAndNoMountOptions) {
  Spec spec;
  spec.store_path = "/s";
  spec.root_dir = "transactions/0123456789abcdef/root";
  spec.container.target = "x64";
  const EngineVolume volume =
      plain_volume(spec, {"/cache", {"layers/1/tree"}, "t/upper", "t/work", "", "cache-x64", "download"});
  EXPECT_EQ(volume.labels.count("larder.transaction"), 0U);
  EXPECT_EQ(volume.labels.at("larder.class"), "download");
  for (const std::string& argument : create_arguments(volume)) EXPECT_EQ(argument.find("lowerdir"), std::string::npos);
  EXPECT_EQ(volume_mount(Dialect::docker, volume).find("volume-opt"), std::string::npos);
  EXPECT_NE(volume_mount(Dialect::docker, volume).find("volume-label=larder.class=download"), std::string::npos);
}

}  // namespace
}  // namespace larder::engine
