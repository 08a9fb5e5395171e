#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/command_description.hpp"

namespace larder::cli {

/// The command of that name in a group; null: there is none.
const CommandDescription* find_command(const CommandDescription& group, const std::string& name);

/// Describes a program's commands, with the options of those that one of the words names; without words, of all.
using Describe = std::function<CommandDescription(const std::vector<std::string>& words)>;

/// The arguments as the parser takes them: the command's words, its options, and the rest. `help` and `version` become
/// options.
std::vector<std::string> in_order(const Describe& describe, const std::vector<std::string>& all);

/// What was meant by a word that is none of the `names` of a group's commands: the same in another word, a command of
/// the program elsewhere, one that takes such a word, the nearest name, or all that there are.
std::string command_hint(const CommandDescription& program, const std::vector<std::string>& names,
                         const std::string& word);

}  // namespace larder::cli
