#pragma once

#include <string>

#include "base/result.hpp"
#include "config/cache_limits.hpp"

namespace larder::config {

/// The user's config.toml: what holds for all projects.
struct UserConfig {
  CacheLimits cache;      ///< [cache]
  RemoteSettings remote;  ///< of [cache], and [remote]
  std::string
      mirror;  ///< of Debian's archive, for images that are made of packages; empty: as apt on this machine has it
  std::string debian_image = "docker.io/library/debian";  ///< a registry's repository with Debian's suites as tags, for
                                                          ///< machines that cannot make a base of packages
};

/// Parses the text of a config.toml.
Result<UserConfig> parse_user_config(const std::string& text, const std::string& file);

/// The settings in `user_dir`/config.toml; the defaults where there is no such file.
Result<UserConfig> load_user_config(const std::string& user_dir);

}  // namespace larder::config
