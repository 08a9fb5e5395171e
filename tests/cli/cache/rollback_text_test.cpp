#include "cli/cache/rollback_text.hpp"

#include <gtest/gtest.h>

#include "support/cache_kit.hpp"

namespace larder::cli {
namespace {

using store::Generation;
using store::Outcome;
using test::built;
using test::now;

TEST(CacheRollback, TellsHowToTakeItBack) {
  const Generation from = built("bbbbbbbbbbbbbbbb", Outcome::failed, 60);
  EXPECT_EQ(format_rollback("app-x64", from, built("cccccccccccccccc", Outcome::success, 3 * 3600), now),
            "app-x64 is what it was 3 hours ago (generation cccccccc). To take it back: larder cache rollback app-x64 "
            "bbbbbbbb\n");
  EXPECT_NE(format_rollback("app-x64", from, built("cccccccccccccccc", Outcome::success, 3), now).find("a moment ago"),
            std::string::npos);
}

}  // namespace
}  // namespace larder::cli
