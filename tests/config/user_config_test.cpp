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
  EXPECT_EQ(load_user_config(folder.path())->remote.repository, "ghcr.io/org/cache");
  EXPECT_EQ(load_user_config(folder.path())->cache.max_bytes, 1024U);
  EXPECT_EQ(load_user_config(folder.path())->mirror, "https://mirror.example.org/debian");
  folder.write("config.toml", "[cache]\nmax_size = 1\n");
  EXPECT_EQ(usage_error(load_user_config(folder.path())),
            folder.path() + "/config.toml:2:12: 'max_size' must be a string, not a number");
}

TEST(UserConfig, SaysWhatBuildsDoWithARegistry) {
  const std::string key = "ed25519:" + std::string(64, 'a');
  const auto config = parse_user_config("[cache]\npull = 'newer'\npush = 'default-branch'\n[remote]\npublic_keys = ['" +
                                            key + "']\nkey = '~/k'\nmax_age = '30d'\n",
                                        "config.toml");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->remote, (RemoteSettings{"", "newer", "default-branch", {key}, "~/k", 30 * 86400}));
  for (const auto& [text, told] :
       {std::pair("[cache]\npull = 'always'\n", "2:8: 'pull' must be missing or newer or never, not 'always'"),
        std::pair("[cache]\npush = 'yes'\n", "2:8: 'push' must be success or default-branch or never, not 'yes'"),
        std::pair("[cache]\nremote = 'cache'\n", "2:10: 'remote' names no repository of a registry: 'cache'"),
        std::pair("[remote]\npublic_keys = ['x']\n", "2:15: 'x' is no public key"),
        std::pair("[remote]\nkey = 'ed25519-private:00'\n", "2:7: 'key' must be a file's whole path"),
        std::pair("[remote]\nmax_age = 'long'\n", "2:11: 'max_age': ")})
    EXPECT_NE(usage_error(parse_user_config(text, "config.toml")).find(told), std::string::npos)
        << usage_error(parse_user_config(text, "config.toml"));
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

TEST(UserConfig, DebiansImageIsARepositoryOfARegistry) {
  EXPECT_EQ(parse_user_config("", "config.toml")->debian_image, "docker.io/library/debian");
  for (const char* name : {"registry.example/debian", "127.0.0.1:5000/library/debian", "localhost:5000/a"})
    EXPECT_EQ(parse_user_config(std::string("debian_image = '") + name + "'", "config.toml")->debian_image, name);
  for (const char* name :
       {"", "debian", "library/debian", "a.example/", "a.example/debian:12", "docker://a.example/debian", "-a.b/c"})
    EXPECT_EQ(usage_error(parse_user_config(std::string("debian_image = '") + name + "'", "config.toml")),
              std::string("config.toml:1:16: 'debian_image' names no repository of a registry: '") + name +
                  "' | with its registry and without a tag, such as \"registry.example/library/debian\"");
}

}  // namespace
}  // namespace larder::config
