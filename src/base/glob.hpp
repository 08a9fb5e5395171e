#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace larder {

/// Tells whether a relative path matches a pattern whose parts are those of fnmatch(3), and in which a part `**` stands
/// for any number of folders. A leading `.` must be written.
bool glob_matches(const std::string& pattern, const std::string& path);

/// Tells whether the path matches one of the patterns.
bool matches_any(const std::vector<std::string>& patterns, const std::string& path);

/// Patterns for very many paths: nearly all of them are told apart by their last part, which is compared with what is
/// known of the patterns' last parts. Keeps views of `patterns`, which must outlive it.
class Globs {
 public:
  explicit Globs(const std::vector<std::string>& patterns);

  /// False where no pattern matches a path that ends with this one's last part.
  bool may_match(std::string_view path) const;
  /// As `matches_any`.
  bool match(const std::string& path) const { return may_match(path) && matches_any(patterns_, path); }

 private:
  /// How names begin and end that a pattern's last part matches.
  struct Name {
    std::string_view begin;
    std::string_view end;
    bool is_whole;  ///< `begin` is all of it
  };

  const std::vector<std::string>& patterns_;
  std::vector<Name> names_;
};

/// Tells whether a path below this folder could match the pattern.
bool glob_may_match_below(const std::string& pattern, const std::string& folder);

}  // namespace larder
