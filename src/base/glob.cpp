#include "base/glob.hpp"

#include <fnmatch.h>

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

}  // namespace

bool glob_matches(const std::string& pattern, const std::string& path) {
  return match_parts(split(pattern, '/'), 0, split(path, '/'), 0);
}

}  // namespace larder
