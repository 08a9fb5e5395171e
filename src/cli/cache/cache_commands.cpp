#include "cli/cache/cache_commands.hpp"

#include "cli/commands.hpp"

namespace larder::cli {

void add_cache_command(const Command& larder) {
  const Command cache =
      larder.add_command("cache", "Show the caches that builds have filled, go back in their history, clean them");
  if (!cache.is_asked_for()) return;
  add_cache_list_command(cache);
  add_cache_stats_command(cache);
  add_cache_clean_command(cache);
  add_cache_log_command(cache);
  add_cache_show_command(cache);
  add_cache_diff_command(cache);
  add_cache_rollback_command(cache);
  add_cache_fork_command(cache);
  add_cache_prune_command(cache);
  add_cache_verify_command(cache);
  add_cache_export_command(cache);
  add_cache_import_command(cache);
  add_cache_push_command(cache);
  add_cache_pull_command(cache);
  add_cache_remote_command(cache);
  add_cache_dir_command(cache);
}

}  // namespace larder::cli
