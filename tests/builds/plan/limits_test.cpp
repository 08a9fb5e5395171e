#include "builds/plan/limits.hpp"

#include <gtest/gtest.h>

#include "support/files.hpp"
#include "support/temp_dir.hpp"

namespace larder::builds {
namespace {

using test::must;

TEST(StoreLimits, WithoutAWordAreTheDefaults) {
  const test::TempDir dir;
  const store::Limits limits = must(store_limits({}, dir.path()));
  EXPECT_EQ(limits.retention.generations, store::Retention().generations);
  EXPECT_EQ(limits.retention.seconds, store::Retention().seconds);
  EXPECT_FALSE(limits.max_bytes || limits.max_age_seconds);
}

TEST(StoreLimits, TheProjectsWordCountsBeforeTheUsers) {
  const test::TempDir dir;
  test::put_file(dir.fd(), "config.toml", "[cache]\nmax_size = '1GB'\nmax_age = '1d'\nkeep_for = '1h'\n");
  config::CacheLimits project;
  project.max_bytes = 5;
  project.keep = 2;
  const store::Limits limits = must(store_limits(project, dir.path()));
  EXPECT_EQ(limits.max_bytes, 5U);
  EXPECT_EQ(limits.max_age_seconds, 86400);
  EXPECT_EQ(limits.retention.generations, 2);
  EXPECT_EQ(limits.retention.seconds, 3600);
}

TEST(StoreLimits, TellsOfMistakesInTheUsersFile) {
  const test::TempDir dir;
  test::put_file(dir.fd(), "config.toml", "[cache]\nmax_size = 'much'\n");
  EXPECT_EQ(store_limits({}, dir.path()).error().code, ErrorCode::usage);
}

}  // namespace
}  // namespace larder::builds
