#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace larder::builds {

/// The last parts of the words of a line or text, as views of it. Words stand between blanks and what make, the shell
/// and the preprocessor give a meaning.
std::vector<std::string_view> file_names_in(std::string_view text);

/// Files by their names, in whatever folder, or by patterns with `*`.
class NamedFiles {
 public:
  /// Takes the names of a text.
  void add(std::string_view text);
  bool have(const std::string& path) const;

 private:
  std::set<std::string> names_;
  std::set<std::string> patterns_;
};

/// What makefiles say of files, as far as it can be told without running make. Conditions are not decided: both sides
/// count.
class MakeRules {
 public:
  /// Takes the text of one makefile more.
  void add(std::string_view text);

  /// All that are named anywhere.
  const NamedFiles& named() const { return named_; }
  /// The prerequisites of rules, also by way of variables. `%` stands for one target's own file, and for no other.
  NamedFiles prerequisites() const { return expanded(prerequisites_); }
  /// What they include.
  NamedFiles included() const { return expanded(included_); }

 private:
  void add_line(std::string_view line);
  NamedFiles expanded(const std::string& text) const;

  NamedFiles named_;
  std::string prerequisites_;
  std::string included_;
  std::map<std::string, std::string, std::less<>> variables_;  ///< all that is ever assigned to them
};

}  // namespace larder::builds
