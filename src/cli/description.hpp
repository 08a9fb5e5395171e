#pragma once

#include <string>

#include "cli/command_line.hpp"

namespace larder::cli {

/// The command that scripts/man-pages asks: `larder __describe`.
inline constexpr const char* describe_command = "__describe";

/// Prints all commands and options of the program as JSON, with the names of `CommandDescription`'s fields, and gives
/// the exit code.
int print_description(const Program& program);

}  // namespace larder::cli
