#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "store/space/usage.hpp"

namespace larder::cli {

/// The volumes as a table with a line per volume, for a time in seconds since 1970.
std::string format_volumes(const std::vector<store::VolumeUsage>& volumes, int64_t now_seconds);

/// The volumes as JSON; docs/commands/cache.md has the names of the fields.
nlohmann::json volumes_to_json(const std::vector<store::VolumeUsage>& volumes);

}  // namespace larder::cli
