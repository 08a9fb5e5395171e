#pragma once

#include <set>
#include <string>
#include <vector>

#include "config/target.hpp"

namespace larder::image {

/// One thing that a recipe needs for a target, and whether this machine has it.
struct CheckedNeed {
  std::string what;
  std::string found;     ///< where; empty when it is missing
  std::string package;   ///< Debian package that brings it; may be empty
  std::string command;   ///< command that brings it where no package does; may be empty
  bool is_file = false;  ///< it is looked for as a file, not as a program
};

/// The names of the needs that are missing, each once.
std::vector<std::string> missing_of(const std::vector<CheckedNeed>& needs);

/// What is known of this machine's apt.
struct AptFacts {
  bool present = false;
  std::set<std::string> architectures;  ///< that dpkg knows
};
AptFacts apt_facts(const config::Target& machine);

/// The command that brings what is missing; empty when nothing is, or nothing is known.
std::string install_command(const std::vector<CheckedNeed>& needs, const AptFacts& apt);

}  // namespace larder::image
