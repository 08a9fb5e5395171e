#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/cache/cache_commands.hpp"
#include "cli/cache/log_text.hpp"
#include "cli/cache/open_volume.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"
#include "store/space/states.hpp"

namespace larder::cli {
namespace {

struct LogOptions {
  std::string volume;
  bool json = false;
};

Result<int> run_log(const LogOptions& options) {
  Os os;
  TRY_ASSIGN(const OpenVolume volume, open_volume(os, options.volume));
  TRY_ASSIGN(const auto states, store::log_states(volume.store, volume.history));
  if (options.json) {
    nlohmann::json data = key_to_json(volume.chosen.key, "volume");
    data["generations"] = log_to_json(states);
    print_json(data);
  } else if (states.empty()) {
    say("The volume " + volume.chosen.name + " has no history.");
  } else {
    print(format_log(states, std::time(nullptr)));
  }
  return 0;
}

}  // namespace

void add_cache_log_command(const Command& cache) {
  const auto options = std::make_shared<LogOptions>();
  const Command command = add_volume_command(cache, "log", "A volume's history, the newest first", options->volume);
  command.add_flag("--json", options->json, "Print the history as JSON");
  command.set_action([options] { return run_log(*options); });
}

}  // namespace larder::cli
