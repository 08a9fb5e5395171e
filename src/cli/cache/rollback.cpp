#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <memory>

#include "cli/cache/cache_commands.hpp"
#include "cli/cache/open_volume.hpp"
#include "cli/cache/rollback_text.hpp"
#include "cli/cache/text.hpp"
#include "cli/output.hpp"
#include "store/branch/copy.hpp"
#include "store/space/states.hpp"

namespace larder::cli {
namespace {

struct RollbackOptions {
  std::string volume;
  std::string generation;
  bool last_success = false;
};

Result<store::Generation> choose_rollback(const OpenVolume& volume, const RollbackOptions& options) {
  TRY_ASSIGN(const store::Generation current, choose_generation(volume, options.generation));
  if (!options.generation.empty()) return current;
  if (options.last_success && store::is_good(current)) return current;
  const auto to =
      options.last_success ? store::previous_good_state(volume.history) : store::previous_state(volume.history);
  if (to) return *to;
  return fail(ErrorCode::usage,
              fmt::format("nothing {} is kept of {}", options.last_success ? "good" : "older", volume.chosen.name), {},
              "`larder cache log " + volume.chosen.name + "` shows what is");
}

Result<int> run_rollback(const RollbackOptions& options) {
  if (options.last_success && !options.generation.empty())
    return fail(ErrorCode::usage, "both a generation and --last-success", {}, "choose one of them");
  Os os;
  TRY_ASSIGN(const OpenVolume volume, open_volume(os, options.volume));
  TRY_ASSIGN(const store::Generation to, choose_rollback(volume, options));
  const store::Generation& current = volume.history.front();
  if (to.id == current.id) {
    print(fmt::format("{} {} already (generation {}). Nothing was changed.\n", volume.chosen.name,
                      options.last_success ? "is in a good state" : "is that", short_id(to.id)));
    return 0;
  }
  TRY(store::rollback(volume.store, volume.chosen.key, to,
                      fmt::format("larder cache rollback, process {}", ::getpid())));
  print(format_rollback(volume.chosen.name, current, to, std::time(nullptr)));
  return 0;
}

}  // namespace

void add_cache_rollback_command(const Command& cache) {
  const auto options = std::make_shared<RollbackOptions>();
  const Command command =
      add_volume_command(cache, "rollback", "Go back to an earlier content; can be taken back", options->volume);
  add_generation(command, "generation", options->generation, " (default: the one before)");
  command.add_flag("--last-success", options->last_success, "To what the last good build left");
  command.set_action([options] { return run_rollback(*options); });
}

}  // namespace larder::cli
