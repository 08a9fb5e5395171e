#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "store/space/states.hpp"

namespace larder::cli {

/// A volume's history as a table with a line per state, for a time in seconds since 1970.
std::string format_log(const std::vector<store::LoggedState>& states, int64_t now_seconds);

/// A volume's history as JSON; docs/commands/cache.md has the names of the fields.
nlohmann::json log_to_json(const std::vector<store::LoggedState>& states);

}  // namespace larder::cli
