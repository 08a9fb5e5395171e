#include "config/cache_limits.hpp"

#include "config/project.hpp"
#include "config/user_config.hpp"
#include "support.hpp"

namespace larder::config {
namespace {

std::string mistake(const std::string& text) { return usage_error(parse_user_config(text, "config.toml")); }

TEST(CacheLimits, NothingGivenIsNoLimit) {
  EXPECT_EQ(parse_user_config("", "config.toml")->cache, CacheLimits{});
  EXPECT_EQ(parse_user_config("[cache]\n", "config.toml")->cache, CacheLimits{});
}

TEST(CacheLimits, MistakesAreToldWithTheirPlace) {
  EXPECT_EQ(mistake("[cache]\nmax_size = '20'\n"),
            "config.toml:2:12: 'max_size': '20' is not a size | give a number and B, KB, MB, GB, TB, KiB, MiB, GiB or "
            "TiB, such as 20GB");
  EXPECT_EQ(
      mistake("[cache]\nkeep = 3\nmax_age = ''\n"),
      "config.toml:3:11: 'max_age': '' is not a time | give a number and s, m, h, d or w (seconds to weeks), such "
      "as 30d");
  EXPECT_EQ(mistake("[cache]\nkeep_for = 7\n"), "config.toml:2:12: 'keep_for' must be a string, not a number");
  EXPECT_EQ(mistake("[cache]\nkeep = 0\n"), "config.toml:2:8: 'keep' must be between 1 and 2147483647");
  EXPECT_EQ(
      mistake("[cache]\nmaxsize = '1GB'\n"),
      "config.toml:2:1: unknown key 'maxsize' in [cache] | did you mean 'max_size'? [cache] knows: max_size, max_age, "
      "keep, keep_for, remote, pull and push");
  EXPECT_EQ(mistake("[build]\njobs = 2\n"),
            "config.toml:1:2: unknown key 'build' | the top level knows: mirror, debian_image, cache and remote");
}

TEST(CacheLimits, WhatOneLeavesOpenComesFromTheOther) {
  const CacheLimits own{1, std::nullopt, 3, std::nullopt};
  const CacheLimits general{2, 20, std::nullopt, std::nullopt};
  EXPECT_EQ(with_defaults(own, general), (CacheLimits{1, 20, 3, std::nullopt}));
}

}  // namespace
}  // namespace larder::config
