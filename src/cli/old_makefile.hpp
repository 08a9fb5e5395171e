#pragma once

#include <string>
#include <vector>

namespace larder::cli {

/// A rule of a makefile that names its targets in full.
struct OldRule {
  std::string name;
  size_t first_line = 0;  ///< counted from 1
  size_t last_line = 0;
  std::string recipe;  ///< its lines, joined
};

/// A named volume of a container engine that a recipe mounts.
struct OldVolume {
  std::string name;
  std::string path;    ///< in the container
  std::string target;  ///< as `target_of` has it, of the command that mounts it
};

/// What a makefile has that builds in containers by itself, as it was before Larder.
struct OldMakefile {
  std::vector<OldRule> rules;         ///< in order; of several with one name the first with a recipe
  std::vector<std::string> packages;  ///< that its recipes install by apt, without versions; sorted
  std::vector<std::string> unread;    ///< words for more of them that have a variable in them; sorted
  std::vector<OldVolume> volumes;     ///< sorted by their names, each once

  const OldRule* find(const std::string& name) const;
};

/// Reads a makefile's text, without expanding anything: a name with a variable in it is none.
OldMakefile read_old_makefile(const std::string& text);

/// The short name of the target that a rule builds for in a container: by the words that its name and recipe have for a
/// processor and a libc. Empty where it runs no container, or names no processor.
std::string target_of(const OldRule& rule);

}  // namespace larder::cli
