#pragma once

#include <string>

#include "config/cache_limits.hpp"
#include "store/space/prune.hpp"

namespace larder::builds {

/// The store's limits: each as the project says, else as the user's config.toml says, else the default.
Result<store::Limits> store_limits(const config::CacheLimits& project, const std::string& user_dir);

}  // namespace larder::builds
