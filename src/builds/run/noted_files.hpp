#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "builds/plan/workspace.hpp"

namespace larder::builds {

/// Files that compilers, and programs that a build runs, have noted as read. Paths are relative to the project's
/// folder.
class NotedFiles {
 public:
  /// The tool has seen the project at `place` (absolute), in which these paths are symbolic links: what is noted by way
  /// of one may be any file by that name.
  explicit NotedFiles(std::string place = workspace_path, std::set<std::string> links = {})
      : place_(std::move(place)), links_(std::move(links)) {}

  /// Takes a note of dependencies that lies in `folder`: its paths are absolute, or go from there or from a folder
  /// above, in which the tool was started.
  void add(const std::string& folder, std::string_view text);
  /// Takes what stands after `word` on the lines of a text: paths that are absolute, or go from wherever the program
  /// that says so was started.
  void add_told(std::string_view text, std::string_view word);

  /// Whether the file is noted, or a folder that it lies in.
  bool have(const std::string& path) const;
  /// Whether a file by its name is noted, in whatever folder.
  bool have_name_of(const std::string& path) const { return notes_.contains(file_name(path)); }

 private:
  struct Note {
    std::string word;
    std::string folder;
    bool is_told = false;
    auto operator<=>(const Note&) const = default;
  };

  bool have_itself(const std::string& path) const;
  bool means(const Note& note, const std::string& path) const;

  bool leads_to(const std::optional<std::string>& noted, const std::string& path) const;

  std::string place_;
  std::set<std::string> links_;
  std::map<std::string, std::set<Note>, std::less<>> notes_;  ///< by the last part of the path
};

}  // namespace larder::builds
