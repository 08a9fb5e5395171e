#include "cli/cache/volume.hpp"

#include <gtest/gtest.h>

#include "store/key_of_trust.hpp"
#include "support/store_kit.hpp"

namespace larder::cli {
namespace {

using store::VolumeSpec;
using test::must;

using Texts = std::vector<std::string>;

class CacheVolumeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    test::commit(temp_.store, test::download("cache-x64"), {{"a", "1"}});
    for (const char* variant : {"aaaaaaaaaaaa", "aabbbbbbbbbb", "cccccccccccc"})
      test::commit(temp_.store, test::compiled("out-x64", variant), {{"a", variant}});
    use("aaaaaaaaaaaa", 1000);
    use("aabbbbbbbbbb", 3000);
    use("cccccccccccc", 2000);
  }

  void use(const std::string& variant, int64_t seconds) {
    test::set_mtime(temp_.store.dir(), "refs/trusted/out-x64/" + variant + "/current", seconds, 0);
  }

  Result<ChosenVolume> choose(const std::string& text) { return choose_volume(temp_.store, text); }

  test::TempStore temp_;
};

TEST_F(CacheVolumeTest, AnOnlyOneIsMeantByItsName) {
  const ChosenVolume chosen = must(choose("cache-x64"));
  EXPECT_EQ(chosen.key, test::volume_key("cache-x64"));
  EXPECT_EQ(chosen.name, "cache-x64");
  EXPECT_TRUE(chosen.others.empty());
}

TEST_F(CacheVolumeTest, OfSeveralTheLastUsedOneIsMeant) {
  const ChosenVolume chosen = must(choose("out-x64"));
  EXPECT_EQ(chosen.key.variant(), "aabbbbbbbbbb");
  EXPECT_EQ(chosen.name, "out-x64@aabbbbbb");
  EXPECT_EQ(chosen.others, Texts({"out-x64@cccccccc", "out-x64@aaaaaaaa"}));
}

TEST_F(CacheVolumeTest, WhatUntrustedBuildsHaveLeftGoesToOthersOnlyByItsOwnName) {
  const auto key = must(store::key_of_trust("out-x64", "dddddddddddd", store::Trust::untrusted));
  VolumeSpec spec = test::compiled("out-x64", "dddddddddddd");
  spec.key = key;
  test::commit(temp_.store, spec, {{"a", "evil"}});
  test::set_mtime(temp_.store.dir(), "refs/untrusted/out-x64/untrusted-dddddddddddd/current", 9000, 0);
  EXPECT_EQ(must(choose("out-x64")).key, key);
  EXPECT_EQ(must(choose_volume(temp_.store, "out-x64", store::Trust::trusted)).key.variant(), "aabbbbbbbbbb");
  const ChosenVolume named = must(choose_volume(temp_.store, "out-x64@untrusted-d", store::Trust::trusted));
  EXPECT_EQ(named.key, key);
  EXPECT_EQ(named.name, "out-x64@untrusted-dddddddd");
}

TEST_F(CacheVolumeTest, AVariantIsNamedByItsBeginning) {
  const ChosenVolume chosen = must(choose("out-x64@c"));
  EXPECT_EQ(chosen.key.variant(), "cccccccccccc");
  EXPECT_EQ(chosen.name, "out-x64@cccccccc");
  EXPECT_TRUE(chosen.others.empty());
  for (const char* text : {"out-x64@", "out-x64@aa", "out-x64@d"}) {
    const auto refused = choose(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::usage);
    EXPECT_NE(refused.error().message.find(text), std::string::npos);
    EXPECT_NE(refused.error().hint.find("out-x64@aabbbbbb"), std::string::npos);
  }
}

TEST_F(CacheVolumeTest, UnknownNamesAreToldWithTheNearest) {
  for (const char* text : {"cache-x46", "cache-x46@any"}) {
    const auto refused = choose(text);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::usage);
    EXPECT_EQ(refused.error().hint, "did you mean 'cache-x64'?");
  }
  EXPECT_EQ(choose("zzzzzzzzzzzz").error().hint, "`larder cache list` shows the volumes");
}

}  // namespace
}  // namespace larder::cli
