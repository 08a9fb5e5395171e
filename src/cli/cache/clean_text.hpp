#pragma once

#include <string>
#include <vector>

#include "store/space/cleaning.hpp"

namespace larder::cli {

/// An unknown volume or target of the request is ErrorCode::usage with the nearest name; `known_targets` are good even
/// where no volume belongs to them.
Status check_names(const store::CleanRequest& request, const std::vector<store::CleanCandidate>& candidates,
                   const std::vector<std::string>& known_targets);

/// A line per volume that the cleaning removes: name, target, size on disk.
Result<std::string> format_cleaning(const store::Store& store, const store::Cleaning& cleaning);

}  // namespace larder::cli
