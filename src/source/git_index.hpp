#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "source/walk.hpp"

namespace larder::source {

/// The paths that a git index names, sorted as there. No value for bytes that are no index (gitformat-index(5),
/// versions 2 to 4, SHA-1 and SHA-256).
std::optional<std::vector<std::string>> tracked_paths(const std::string& index);

/// What the files of a working tree look like: how the index should know them, and how they look where git will be
/// asked.
struct Restamp {
  Stamp before;
  Stamp after;
};

/// The index with other stamps for the files of which it knew the one before; all else stays, so that what git called
/// changed it still does. `restamp` is asked for each path. No value for bytes that are no index.
std::optional<std::string> restamp_index(std::string index,
                                         const std::function<std::optional<Restamp>(const std::string& path)>& restamp);

}  // namespace larder::source
