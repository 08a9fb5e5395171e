#include "base/time.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace larder {
namespace {

TEST(Time, IsWrittenInUtc) {
  EXPECT_EQ(format_utc(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_utc(1'000'000'000), "2001-09-09T01:46:40Z");
  EXPECT_EQ(format_utc(951'825'599), "2000-02-29T11:59:59Z");
  EXPECT_EQ(format_utc(-1), "1969-12-31T23:59:59Z");
}

TEST(Time, HasFourDigitsForTheYear) {
  EXPECT_EQ(format_utc(-62'167'219'200), "0000-01-01T00:00:00Z");
  EXPECT_EQ(format_utc(253'402'300'799), "9999-12-31T23:59:59Z");
}

TEST(Time, OutsideOfTheFormatsYearsIsUnknown) {
  EXPECT_EQ(format_utc(-62'167'219'201), "?");
  EXPECT_EQ(format_utc(253'402'300'800), "?");
  EXPECT_EQ(format_utc(std::numeric_limits<int64_t>::max()), "?");
  EXPECT_EQ(format_utc(std::numeric_limits<int64_t>::min()), "?");
}

TEST(Time, SteadySecondsNeverGoBackwards) {
  double last = steady_seconds();
  for (int i = 0; i < 1000; ++i) {
    const double now = steady_seconds();
    ASSERT_GE(now, last);
    last = now;
  }
}

}  // namespace
}  // namespace larder
