#include "cli/cache/target_names.hpp"

#include <gtest/gtest.h>

#include "config/tables.hpp"
#include "support/files.hpp"

namespace larder::cli {
namespace {

using test::must;
using Words = std::vector<std::string>;

Result<Words> names(const Words& asked, const Words& used = {}) {
  return target_names(must(config::load_targets("")), asked, used);
}

TEST(TargetNames, AreThoseThatBuildsKnow) {
  EXPECT_EQ(must(names({"amd64", "linux/arm64", "x86_64-unknown-linux-musl", "armhf"})),
            (Words{"x64", "arm64", "musl-x64", "armhf"}));
}

TEST(TargetNames, OfVolumesAreGoodWhereNoTableHasThem) {
  EXPECT_EQ(must(names({"vax"}, {"vax", ""})), Words{"vax"});
  EXPECT_FALSE(names({""}, {""}));
}

TEST(TargetNames, UnknownOnesAreToldWithTheNearest) {
  const auto unknown = names({"x64", "arm46"}, {"vax"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::usage);
  EXPECT_EQ(unknown.error().message, "unknown target 'arm46'");
  EXPECT_EQ(unknown.error().hint.substr(0, 24), "did you mean 'arm64'? kn");
}

}  // namespace
}  // namespace larder::cli
