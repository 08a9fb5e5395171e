#include "config/user_config.hpp"

#include "support.hpp"

namespace larder::config {
namespace {

TEST(UserConfig, AreThoseOfTheUsersFile) {
  TempFolder folder;
  EXPECT_EQ(load_user_config(folder.path())->cache, CacheLimits{});
  EXPECT_EQ(load_user_config("")->mirror, "");
  folder.write(
      "config.toml",
      "mirror = 'https://mirror.example.org/debian'\n[cache]\nmax_size = '1 KiB'\nremote = 'ghcr.io/org/cache'\n");
  EXPECT_EQ(load_user_config(folder.path())->remote, "ghcr.io/org/cache");
  EXPECT_EQ(load_user_config(folder.path())->cache.max_bytes, 1024U);
  EXPECT_EQ(load_user_config(folder.path())->mirror, "https://mirror.example.org/debian");
  folder.write("config.toml", "[cache]\nmax_size = 1\n");
  EXPECT_EQ(usage_error(load_user_config(folder.path())),
            folder.path() + "/config.toml:2:12: 'max_size' must be a string, not a number");
}

TEST(UserConfig, AMirrorIsAnAddressAsAptHasIt) {
  for (const char* mirror :
       {"https://a.example/debian", "file:/srv/debian", "mirror+file:/etc/apt/mirrors/debian.list"})
    EXPECT_TRUE(parse_user_config(std::string("mirror = '") + mirror + "'", "config.toml")) << mirror;
  for (const char* mirror : {"", "mirror.example", "http://a.example/debian bookworm main", "://x"})
    EXPECT_EQ(usage_error(parse_user_config(std::string("mirror = '") + mirror + "'", "config.toml")),
              std::string("config.toml:1:10: 'mirror' is no address: '") + mirror +
                  "' | as apt has it, such as \"https://mirror.example/debian\"");
}

}  // namespace
}  // namespace larder::config
