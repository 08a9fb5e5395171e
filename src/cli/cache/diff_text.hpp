#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "store/layer/diff.hpp"

namespace larder::cli {

/// The changes with a line per file, and one with the sums.
std::string format_diff(const std::vector<store::FileChange>& changes);

/// The changes and their sums as JSON; docs/commands/cache.md has the names of the fields.
nlohmann::json diff_to_json(const std::vector<store::FileChange>& changes);

}  // namespace larder::cli
