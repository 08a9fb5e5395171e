#pragma once

#include <string>
#include <vector>

namespace larder {

/// Tells whether a relative path matches a pattern whose parts are those of fnmatch(3), and in which a part `**` stands
/// for any number of folders. A leading `.` must be written.
bool glob_matches(const std::string& pattern, const std::string& path);

/// Tells whether the path matches one of the patterns.
bool matches_any(const std::vector<std::string>& patterns, const std::string& path);

/// Tells whether a path below this folder could match the pattern.
bool glob_may_match_below(const std::string& pattern, const std::string& folder);

}  // namespace larder
