#pragma once

#include "cli/command.hpp"

namespace larder::cli {

// The subcommands of `larder image`: those about what the store has, and those about a project's own images.

void add_image_store_commands(CLI::App& image, Invocation& invocation);
void add_image_project_commands(CLI::App& image, Invocation& invocation);

}  // namespace larder::cli
