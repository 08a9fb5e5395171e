#include "cli/cache/clean_text.hpp"

#include <gtest/gtest.h>

#include "support/store_kit.hpp"

namespace larder::cli {
namespace {

using test::must;

class CleanTextTest : public ::testing::Test {
 protected:
  void SetUp() override {
    test::commit(temp_.store, test::download("cache-x64"), {{"a", "1"}});
    store::VolumeSpec arm = test::download("cache-arm64");
    arm.target = "arm64";
    test::commit(temp_.store, arm, {{"a", "1"}});
  }

  Status check(const std::vector<std::string>& names) const {
    return check_names(names, must(store::read_candidates(temp_.store)));
  }

  test::TempStore temp_;
};

TEST_F(CleanTextTest, UnknownNamesAreToldWithTheNearest) {
  const Status volume = check({"cache-x46"});
  ASSERT_FALSE(volume);
  EXPECT_EQ(volume.error().code, ErrorCode::usage);
  EXPECT_EQ(volume.error().hint, "did you mean 'cache-x64'?");
  EXPECT_TRUE(check({"cache-x64", "cache-arm64"}));
}

TEST_F(CleanTextTest, EachVolumeHasALineWithItsSize) {
  test::damage(temp_.store, test::download("cache-x64").key);
  const auto candidates = must(store::read_candidates(temp_.store));
  const auto cleaning = must(store::Cleaning::prepare(temp_.store, candidates, candidates));
  const std::string text = must(format_cleaning(temp_.store, cleaning));
  EXPECT_NE(text.find("cache-arm64  arm64"), std::string::npos) << text;
  EXPECT_NE(text.find("damaged"), std::string::npos) << text;
}

}  // namespace
}  // namespace larder::cli
