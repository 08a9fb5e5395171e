#include "share/manifest.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/must.hpp"

namespace larder::share {
namespace {

using nlohmann::json;
using test::must;

const std::string digest(64, 'a');

Description some_description() {
  Description made;
  made.volume = "cargo-target-app-c6e422ae-x64";
  made.volume_class = store::VolumeClass::compiled;
  made.target = "x64";
  made.variant = "0123456789abcdef";
  made.mount_path = "/workspace";
  made.project = "app-c6e422ae";
  made.image = "sha256:1234";
  made.recipe = "cargo 2";
  made.newest = 1'700'000'000;
  made.seconds = 12.5;
  made.source_content = digest;
  made.files = 3;
  made.bytes = 1000;
  return made;
}

Manifest some_manifest() {
  Manifest made;
  made.config = {digest, 10};
  made.index = {std::string(64, 'b'), 20};
  made.source = Blob{std::string(64, 'c'), 30};
  made.packs = {{std::string(64, 'd'), 40}, {std::string(64, 'e'), 50}};
  made.volume = "v";
  made.target = "x64";
  return made;
}

TEST(ShareManifest, WhatWasWrittenComesBack) {
  EXPECT_EQ(must(parse_description(format_description(some_description()))), some_description());
  EXPECT_EQ(must(parse_manifest(format_manifest(some_manifest()))), some_manifest());
  const auto tagged = must(parse_layout_index(format_layout_index({{{digest, 5}, "one"}})));
  ASSERT_EQ(tagged.size(), 1U);
  EXPECT_EQ(tagged[0].tag, "one");
  EXPECT_EQ(tagged[0].manifest, (Blob{digest, 5}));
}

TEST(ShareManifest, IsAnOciImageManifestWithAnArtifactType) {
  const json data = json::parse(format_manifest(some_manifest()));
  EXPECT_EQ(data["schemaVersion"], 2);
  EXPECT_EQ(data["mediaType"], "application/vnd.oci.image.manifest.v1+json");
  EXPECT_EQ(data["artifactType"], "application/vnd.larder.generation.v1");
  EXPECT_EQ(data["layers"].size(), 4U);
  EXPECT_EQ(data["layers"][3]["digest"], "sha256:" + std::string(64, 'e'));
}

TEST(ShareManifest, DescriptionsThatNoVolumeCanHaveAreRefused) {
  const std::vector<std::pair<const char*, json>> bad = {{"volume", "../../etc"},
                                                         {"volume", ""},
                                                         {"volume", "image-debian"},
                                                         {"variant", "a/b"},
                                                         {"target", "x 64"},
                                                         {"project", "a/b"},
                                                         {"class", "image"},
                                                         {"class", "other"},
                                                         {"mount_path", "relative"},
                                                         {"mount_path", "/a/.."},
                                                         {"mount_path", "/"},
                                                         {"image", "a\nb"},
                                                         {"recipe", std::string(600, 'a')},
                                                         {"source_content", "x"},
                                                         {"format", 2},
                                                         {"files", "three"},
                                                         {"files", 2.5e24},
                                                         {"bytes", -1},
                                                         {"newest", 1e300},
                                                         {"format", 1.5},
                                                         {"success", 1},
                                                         {"volume", nullptr}};
  for (const auto& [key, value] : bad) {
    json data = json::parse(format_description(some_description()));
    data[key] = value;
    EXPECT_FALSE(parse_description(data.dump())) << key << " " << value;
    data.erase(key);
    EXPECT_FALSE(parse_description(data.dump())) << key;
  }
}

TEST(ShareManifest, WhatIsNoneIsRefused) {
  for (const char* text : {"", "{", "[]", "null", "{}", R"({"artifactType": 3})", R"({"layers": []})"})
    EXPECT_FALSE(parse_manifest(text)) << text;
  json data = json::parse(format_manifest(some_manifest()));
  data["artifactType"] = "application/vnd.other";
  EXPECT_EQ(parse_manifest(data.dump()).error().code, ErrorCode::usage);
  for (const char* wrong : {"sha256:abc", "sha512:0", "../../x"}) {
    json one = json::parse(format_manifest(some_manifest()));
    one["layers"][1]["digest"] = wrong;
    EXPECT_FALSE(parse_manifest(one.dump())) << wrong;
  }
  json many = json::parse(format_manifest(some_manifest()));
  for (int i = 0; i < 400; ++i) many["layers"].push_back(many["layers"][3]);
  EXPECT_FALSE(parse_manifest(many.dump()));
  json negative = json::parse(format_manifest(some_manifest()));
  negative["layers"][1]["size"] = uint64_t{1} << 60U;
  EXPECT_FALSE(parse_manifest(negative.dump()));
  EXPECT_FALSE(parse_manifest(std::string(5'000'000, ' ')));
}

}  // namespace
}  // namespace larder::share
