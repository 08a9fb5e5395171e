#pragma once

#include "cli/command_line.hpp"

namespace larder::cli {

// The subcommands of `larder cache`, by what they are about.

void add_cache_history_commands(const Command& cache);
void add_cache_prune_command(const Command& cache);
void add_cache_verify_command(const Command& cache);
void add_cache_import_command(const Command& cache);

}  // namespace larder::cli
