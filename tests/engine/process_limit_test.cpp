#include "engine/process_limit.hpp"

#include <gtest/gtest.h>

namespace larder::engine {
namespace {

TEST(ProcessLimit, OnlyNewKernelsHaveANumberForEachNamespace) {
  for (const char* release : {"6.14.0", "6.14", "6.18.44-fc", "7.0.0-rc1", "10.2"})
    EXPECT_TRUE(has_own_pid_max(release)) << release;
  for (const char* release : {"6.13.12", "6.1.0-40-amd64", "5.15.0", "4.19", "6", "", "six.14", "2.6.60"})
    EXPECT_FALSE(has_own_pid_max(release)) << release;
}

}  // namespace
}  // namespace larder::engine
