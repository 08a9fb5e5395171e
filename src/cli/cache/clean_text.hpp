#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "store/space/cleaning.hpp"

namespace larder::cli {

/// ErrorCode::usage with the nearest name for a volume that is asked for and not there.
Status check_names(const std::vector<std::string>& asked, const std::vector<store::CleanCandidate>& candidates);

/// A line per volume that the cleaning removes: name, target, size on disk.
Result<std::string> format_cleaning(const store::Store& store, const store::Cleaning& cleaning);

/// A sentence about what a clean removed and freed.
std::string format_clean(const store::CleanOutcome& outcome);

/// What a clean removed and freed, as JSON; docs/commands/cache.md has the names of the fields.
nlohmann::json clean_to_json(const store::CleanOutcome& outcome);

}  // namespace larder::cli
