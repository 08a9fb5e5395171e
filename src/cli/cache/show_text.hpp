#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "store/space/states.hpp"

namespace larder::cli {

/// A generation and its layers as tables, for a time in seconds since 1970.
std::string format_state(const store::StateDetails& details, int64_t now_seconds);

/// A generation and its layers as JSON; docs/commands/cache.md has the names of the fields.
nlohmann::json state_to_json(const store::StateDetails& details);

}  // namespace larder::cli
