#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "store/space/cleaning.hpp"

namespace larder::cli {

/// ErrorCode::usage with the nearest name for an unknown volume or target of the request. `known_targets` are good even
/// where no volume belongs to them.
Status check_names(const store::CleanRequest& request, const std::vector<store::CleanCandidate>& candidates,
                   const std::vector<std::string>& known_targets);

/// A line per volume that the cleaning removes: name, target, size on disk.
Result<std::string> format_cleaning(const store::Store& store, const store::Cleaning& cleaning);

/// A sentence about what a clean removed and freed.
std::string format_clean(const store::CleanOutcome& outcome);

/// What a clean removed and freed, as JSON; docs/commands/cache.md has the names of the fields.
nlohmann::json clean_to_json(const store::CleanOutcome& outcome);

}  // namespace larder::cli
