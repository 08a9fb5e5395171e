#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "source/walk.hpp"

namespace larder::source {

/// The paths that a git index names, sorted as there. No value for bytes that
/// are no index (gitformat-index(5), versions 2 to 4, SHA-1 and SHA-256).
std::optional<std::vector<std::string>> tracked_paths(const std::string& index);

/// What the files of a working tree look like: how the index should know them,
/// and how they look where git will be asked.
struct Restamp {
  Stamp before;
  Stamp after;
};

/// The index with other stamps for the files of which it knew the one before;
/// all else stays, so that what git called changed it still does. `restamp` is
/// asked for each path. Where a file is not older than the index (`index_time`,
/// in nanoseconds since 1970), git does not trust the stamp and compares the
/// content (racy-git.txt); so does this, once, by `read`, which gives a file's
/// bytes or a link's text. No value for bytes that are no index.
std::optional<std::string> restamp_index(
    std::string index, int64_t index_time,
    const std::function<std::optional<Restamp>(const std::string& path)>& restamp,
    const std::function<std::optional<std::string>(const std::string& path)>& read);

/// One digest of what the index names, and of whether the working tree has any of it otherwise. `look` gives a file's
/// stamp, `read` its bytes or a link's text, asked only where the index does not know the stamp or does not trust it;
/// neither has a value for what is not there. What git is told not to look at, and submodules, count as they are in the
/// index. No value for bytes that are no index.
std::optional<std::string> digest_with_changes(
    std::string index, int64_t index_time, const std::function<std::optional<Stamp>(const std::string& path)>& look,
    const std::function<std::optional<std::string>(const std::string& path)>& read);

/// The paths, sorted as in the index, whose content git would compare: where the index does not know the stamp that
/// `look` gives, or does not trust it. No value for bytes that are no index.
std::optional<std::vector<std::string>> paths_to_compare(
    std::string index, int64_t index_time, const std::function<std::optional<Stamp>(const std::string& path)>& look);

}  // namespace larder::source
