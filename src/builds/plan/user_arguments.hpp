#pragma once

#include "config/recipe.hpp"

namespace larder::builds {

/// The user's arguments by the commands that they are for.
struct UserArguments {
  config::Command configure;  ///< for the item `{configure_args}`
  config::Command build;      ///< for the item `{build_args}`
  config::Command last;       ///< for the end of the last command
};

/// Divides the project's arguments and those of the command line as `[build.configure]` of the recipe says. What is not
/// for the step that configures is for the build; in a test what the command line says is for the tester, which is the
/// last command. Where no command has an item for them, all go to the end of the last command.
UserArguments divide_arguments(const config::Recipe& recipe, const std::vector<config::Command>& commands,
                               const config::Command& project, const config::Command& command_line, bool test);

/// The commands with the arguments in their places.
std::vector<config::Command> with_arguments(std::vector<config::Command> commands, const UserArguments& arguments);

/// For a tool that makes several goals at once where it has jobs, and one after another where it has none: the command,
/// a word list with the user's arguments at its end, once for each goal among those, with one alone. `value_options`
/// are followed by a value; what begins with `-` or has a `=` is no goal.
std::vector<config::Command> goals_in_turn(const config::Command& command, const config::Command& arguments,
                                           const std::vector<std::string>& value_options);

}  // namespace larder::builds
