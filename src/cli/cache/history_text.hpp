#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "store/layer/diff.hpp"
#include "store/space/states.hpp"

namespace larder::cli {

/// "1a2b3c4d": as much of a generation's or layer's id as people are shown.
std::string short_id(const std::string& id);

/// A line per state under a line of headings; `now_seconds` since 1970.
std::string format_log(const std::vector<store::LoggedState>& states, int64_t now_seconds);
nlohmann::json log_to_json(const std::vector<store::LoggedState>& states);

std::string format_state(const store::StateDetails& details, int64_t now_seconds);
nlohmann::json state_to_json(const store::StateDetails& details);

/// A line per file, and one with the sums.
std::string format_diff(const std::vector<store::FileChange>& changes);
nlohmann::json diff_to_json(const std::vector<store::FileChange>& changes);

/// What a rollback from `from` to `to` did; `name` names the volume on the command line.
std::string format_rollback(const std::string& name, const store::Generation& from, const store::Generation& to,
                            int64_t now_seconds);

}  // namespace larder::cli
