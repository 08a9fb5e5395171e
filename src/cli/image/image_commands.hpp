#pragma once

#include "cli/command_line.hpp"

namespace larder::cli {

// The commands of `larder image`, each in a file of its own.

void add_image_list_command(const Command& image);
void add_image_show_command(const Command& image);
void add_image_build_command(const Command& image);
void add_image_outdated_command(const Command& image);
void add_image_update_command(const Command& image);
void add_image_shell_command(const Command& image);
void add_image_rm_command(const Command& image);
void add_image_prune_command(const Command& image);

}  // namespace larder::cli
