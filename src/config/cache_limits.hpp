#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "config/remote_settings.hpp"

namespace larder::config {

class TomlTable;

/// How large and how old what the store keeps may become: [cache] of larder.toml, and of the user's config.toml.
struct CacheLimits {
  std::optional<uint64_t> max_bytes;        ///< max_size
  std::optional<int64_t> max_age_seconds;   ///< max_age
  std::optional<int> keep;                  ///< generations of each volume
  std::optional<int64_t> keep_for_seconds;  ///< keep_for

  bool operator==(const CacheLimits&) const = default;
};

/// The limits of `own`; each that it leaves open is taken from `general`.
CacheLimits with_defaults(const CacheLimits& own, const CacheLimits& general);

/// Reads [cache]: the limits, and what it says of a registry.
void read_cache(TomlTable table, CacheLimits& limits, RemoteSettings& remote);

}  // namespace larder::config
