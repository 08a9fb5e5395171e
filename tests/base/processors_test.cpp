#include "base/processors.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include "support/files.hpp"
#include "support/temp_dir.hpp"

namespace larder {
namespace {

class Quota : public ::testing::Test {
 protected:
  void put(const std::string& path, const std::string& text) { test::put_file(dir_.fd(), path, text); }
  std::optional<double> quota() { return processor_quota(dir_.path()); }

  test::TempDir dir_;
};

TEST_F(Quota, NoneWithoutControlGroups) {
  EXPECT_EQ(quota(), std::nullopt);
  put("proc/self/cgroup", "0::/\n");
  put("sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_EQ(quota(), std::nullopt);
}

TEST_F(Quota, TheLeastFromTheOwnGroupUp) {
  put("proc/self/cgroup", "0::/a/b\n");
  put("sys/fs/cgroup/a/b/cpu.max", "400000 100000\n");
  EXPECT_EQ(quota(), 4.0);
  put("sys/fs/cgroup/a/cpu.max", "150000 100000\n");
  EXPECT_EQ(quota(), 1.5);
}

TEST_F(Quota, OfAContainerWhoseGroupIsNotMounted) {
  put("proc/self/cgroup", "0::/docker/0123\n");
  put("sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_EQ(quota(), 2.0);
}

TEST_F(Quota, OfTheFirstVersion) {
  put("proc/self/cgroup", "12:memory:/x\n4:cpu,cpuacct:/x\n0::/\n");
  put("sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "300000\n");
  put("sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), 3.0);
  put("sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(quota(), std::nullopt);
}

TEST(AvailableProcessors, AreThoseOfTheAffinity) {
  cpu_set_t before;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(available_processors(), 1);
  ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
}

}  // namespace
}  // namespace larder
