#include "base/time.hpp"

#include <gtest/gtest.h>

namespace larder {
namespace {

TEST(MonotonicSeconds, NeverGoBack) {
  const double first = steady_seconds();
  EXPECT_GE(steady_seconds(), first);
}

}  // namespace
}  // namespace larder
