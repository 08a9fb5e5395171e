#pragma once

#include "cli/command_line.hpp"

namespace larder::cli {

// The commands of `larder cache`, each in a file of its own.

void add_cache_list_command(const Command& cache);
void add_cache_stats_command(const Command& cache);
void add_cache_log_command(const Command& cache);
void add_cache_show_command(const Command& cache);
void add_cache_diff_command(const Command& cache);
void add_cache_rollback_command(const Command& cache);
void add_cache_fork_command(const Command& cache);
void add_cache_clean_command(const Command& cache);
void add_cache_prune_command(const Command& cache);
void add_cache_verify_command(const Command& cache);
void add_cache_export_command(const Command& cache);
void add_cache_import_command(const Command& cache);
void add_cache_push_command(const Command& cache);
void add_cache_pull_command(const Command& cache);
void add_cache_remote_command(const Command& cache);
void add_cache_dir_command(const Command& cache);

}  // namespace larder::cli
