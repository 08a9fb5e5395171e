#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace larder {
namespace {

TEST(MonotonicSeconds, NeverGoBack) {
  const double first = monotonic_seconds();
  EXPECT_GE(monotonic_seconds(), first);
}

}  // namespace
}  // namespace larder
