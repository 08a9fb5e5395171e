#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "builds/run/named_files.hpp"

namespace larder::builds {

/// What makefiles say of files, as far as it can be told without running make. Conditions are not decided: both sides
/// count. Ninja's files are read in the same way: `build a.o: cc a.c | a.h` is a rule, and an indented line is no
/// command.
class MakeRules {
 public:
  /// Takes the text of one makefile more.
  void add(std::string_view text);
  /// Takes a text of commands alone.
  void add_commands(std::string_view text);

  /// All that are named anywhere.
  const NamedFiles& named() const { return named_; }
  /// The prerequisites of rules, also by way of variables. `%` stands for one target's own file, and for no other.
  NamedFiles prerequisites() const { return expanded(prerequisites_); }
  /// Those of pattern rules, as patterns: what they may have made something of.
  NamedFiles pattern_sources() const;
  /// What they include.
  NamedFiles included() const { return expanded(included_); }

  /// The text without comments and without rules whose commands are run each time: a rule, or what it depends on, is
  /// phony or by custom nobody's file (FORCE). What belongs to no rule comes first; lines of commands begin with a tab.
  std::string commands() const;
  /// A rule that makes a file, and is not run each time.
  struct FileRule {
    NamedFiles prerequisites;  ///< all that any makefile says of its targets
    std::string commands;      ///< with the values of variables
  };
  /// Those whose commands are `wanted`; targets that by custom are no files (`install`, `check`) are none.
  std::vector<FileRule> file_rules(const std::function<bool(const std::string& commands)>& wanted) const;
  /// Whether something reads the file that some rule has as a prerequisite, and does not depend on it itself: make, for
  /// the value of a variable (`$(shell cat VERSION)`), or the commands of another rule.
  bool read_unlisted(const std::string& path) const;
  /// The first of the sources for which no rule that makes something of it, or the object by its name, has the file as
  /// a prerequisite; empty: there is one for each.
  std::string first_unlisted(const std::vector<std::string>& sources, const std::string& path) const;
  /// Whether a rule with the file among its prerequisites makes something else than an object file or a program.
  bool makes_other_things_of(const std::string& path) const;
  /// A text with the values of variables in place of `$(NAME)`, as far as they are known.
  std::string with_values(std::string_view text) const;
  /// The commands of rules one of whose targets has `part` in its name.
  std::string commands_for(std::string_view part) const;

 private:
  struct Rule {
    std::string targets;
    std::string prerequisites;
    std::string commands;
  };

  void add_line(std::string_view line);
  void add_rule(std::string_view line, size_t colon);
  bool runs_always(const Rule& rule) const;
  NamedFiles expanded(const std::string& text) const;

  NamedFiles named_;
  std::string prerequisites_;
  std::string included_;
  std::map<std::string, std::string, std::less<>> variables_;  ///< all that is ever assigned to them
  std::vector<Rule> rules_;
  std::set<std::string, std::less<>> phony_ = {"FORCE", ".FORCE", "force", "FRC", ".PHONY", "PHONY"};
  std::string other_lines_;
};

}  // namespace larder::builds
