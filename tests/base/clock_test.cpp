#include <gtest/gtest.h>

#include "base/time.hpp"

namespace larder {
namespace {

TEST(MonotonicSeconds, NeverGoBack) {
  const double first = steady_seconds();
  EXPECT_GE(steady_seconds(), first);
}

}  // namespace
}  // namespace larder
