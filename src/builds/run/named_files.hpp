#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace larder::builds {

/// Whether a path's last parts are those of `end`.
bool ends_with_path(std::string_view path, std::string_view end);

/// The words of a line or text, as views of it: what stands between blanks and what make, the shell, m4 and
/// the preprocessor give a meaning.
std::vector<std::string_view> words_of(std::string_view text);

/// The last parts of the words of a line or text, as views of it.
std::vector<std::string_view> file_names_in(std::string_view text);

/// Files by their names, in whatever folder, or by patterns with `*` and `?`.
class NamedFiles {
 public:
  /// Takes the names of a text.
  void add(std::string_view text);

  bool have(const std::string& path) const;
  /// The same, but `a/data` means no `b/data`.
  bool have_at(const std::string& path) const;
  /// Whether one of the folders that the path lies in is named, as by `cat data/*` or `gen.py ../data`.
  bool have_folder_of(const std::string& path) const;
  /// Whether the name is there without its ending, as scripts name those that they import.
  bool have_stem_of(const std::string& path) const;

 private:
  bool fits_pattern(const std::string& name) const;

  std::map<std::string, std::set<std::string>, std::less<>> names_;  ///< with the words that end with each
  std::set<std::string, std::less<>> patterns_;
  std::set<std::string, std::less<>> whole_folders_;  ///< of which all files are meant: `data/*`
};

}  // namespace larder::builds
