#include "base/glob.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <vector>

#include "base/text.hpp"

namespace larder {
namespace {

bool match_parts(const std::vector<std::string>& pattern, size_t p, const std::vector<std::string>& path, size_t i) {
  if (p == pattern.size()) return i == path.size();
  if (pattern[p] == "**") {
    for (size_t next = i; next <= path.size(); ++next)
      if (match_parts(pattern, p + 1, path, next)) return true;
    return false;
  }
  return i < path.size() && ::fnmatch(pattern[p].c_str(), path[i].c_str(), FNM_PERIOD) == 0 &&
         match_parts(pattern, p + 1, path, i + 1);
}

bool fits_above(const std::vector<std::string>& pattern, const std::vector<std::string>& folder) {
  for (size_t i = 0; i < folder.size(); ++i) {
    if (i + 1 >= pattern.size()) return i < pattern.size() && pattern[i] == "**";
    if (pattern[i] == "**") return true;
    if (::fnmatch(pattern[i].c_str(), folder[i].c_str(), FNM_PERIOD) != 0) return false;
  }
  return true;
}

}  // namespace

bool matches_any(const std::vector<std::string>& patterns, const std::string& path) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return glob_matches(pattern, path); });
}

bool glob_may_match_below(const std::string& pattern, const std::string& folder) {
  return fits_above(split(pattern, '/'), split(folder, '/'));
}

bool glob_matches(const std::string& pattern, const std::string& path) {
  return match_parts(split(pattern, '/'), 0, split(path, '/'), 0);
}

}  // namespace larder
