#pragma once

#include <string>

#include "config/cache_limits.hpp"
#include "store/space/prune.hpp"

namespace larder::builds {

/// What the project says about the store's limits, then what the user's config.toml says, then the defaults.
Result<store::Limits> store_limits(const config::CacheLimits& project, const std::string& user_dir);

}  // namespace larder::builds
