#pragma once

#include "cli/command_line.hpp"

namespace larder::cli {

// The subcommands of `larder image`: those about what the store has, and those about a project's own images.

void add_image_store_commands(const Command& image);
void add_image_project_commands(const Command& image);

}  // namespace larder::cli
