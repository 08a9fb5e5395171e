#include "base/glob.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "base/text.hpp"

namespace larder {
namespace {

/// What is left of a path or pattern: nothing is something else than one empty part.
using Rest = std::optional<std::string_view>;

std::string_view first_part(std::string_view text) { return text.substr(0, text.find('/')); }

Rest after_first(std::string_view text) {
  const size_t slash = text.find('/');
  return slash == std::string_view::npos ? Rest() : Rest(text.substr(slash + 1));
}

constexpr std::string_view special = "*?[]\\";  // to fnmatch(3)

bool is_plain(std::string_view pattern) { return pattern.find_first_of(special) == std::string_view::npos; }

/// Whether a name begins and ends as every name does that the pattern matches.
bool may_match(std::string_view pattern, std::string_view name) {
  if (is_plain(pattern)) return pattern == name;
  const std::string_view begin = pattern.substr(0, pattern.find_first_of(special));
  const std::string_view end = pattern.substr(pattern.find_last_of(special) + 1);
  return name.starts_with(begin) && name.ends_with(end);
}

bool part_matches(std::string_view pattern, std::string_view name) {
  if (is_plain(pattern)) return pattern == name;
  return ::fnmatch(std::string(pattern).c_str(), std::string(name).c_str(), FNM_PERIOD) == 0;
}

bool match_parts(Rest pattern, Rest path) {
  if (!pattern) return !path;
  const std::string_view part = first_part(*pattern);
  const Rest others = after_first(*pattern);
  if (part != "**") return path && part_matches(part, first_part(*path)) && match_parts(others, after_first(*path));
  while (path && !match_parts(others, path)) path = after_first(*path);
  return path || match_parts(others, path);
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

Globs::Globs(const std::vector<std::string>& patterns) : patterns_(patterns) {
  for (const std::string& pattern : patterns) {
    const std::string_view last = file_name(pattern);
    const size_t first_special = last == "**" ? 0 : last.find_first_of(special);
    const bool is_whole = first_special == std::string_view::npos;
    const auto end = is_whole ? std::string_view() : last.substr(last.find_last_of(special) + 1);
    names_.push_back({last.substr(0, first_special), end, is_whole});
  }
}

bool Globs::may_match(std::string_view path) const {
  const std::string_view name = file_name(path);
  return std::any_of(names_.begin(), names_.end(), [&](const Name& one) {
    return one.is_whole ? name == one.begin : name.starts_with(one.begin) && name.ends_with(one.end);
  });
}

bool glob_may_match_below(const std::string& pattern, const std::string& folder) {
  return fits_above(split(pattern, '/'), split(folder, '/'));
}

bool glob_matches(const std::string& pattern, const std::string& path) {
  const std::string_view last = file_name(pattern);  // by it nearly all paths of a project are told apart
  if (last != "**" && !may_match(last, file_name(path))) return false;
  return match_parts(pattern, path);
}

}  // namespace larder
