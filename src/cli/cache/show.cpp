#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/cache/cache_commands.hpp"
#include "cli/cache/open_volume.hpp"
#include "cli/cache/show_text.hpp"
#include "cli/output.hpp"
#include "store/space/states.hpp"

namespace larder::cli {
namespace {

struct ShowOptions {
  std::string volume;
  std::string generation;
  bool json = false;
};

Result<int> show_generation(const ShowOptions& options) {
  Os os;
  TRY_ASSIGN(const OpenVolume volume, open_volume(os, options.volume));
  TRY_ASSIGN(const store::Generation generation, choose_generation(volume, options.generation));
  TRY_ASSIGN(const store::StateDetails details, store::describe_state(volume.store, volume.history, generation.id));
  if (options.json)
    print_json(state_to_json(details));
  else
    print(format_state(details, std::time(nullptr)));
  return 0;
}

}  // namespace

void add_cache_show_command(const Command& cache) {
  const auto options = std::make_shared<ShowOptions>();
  const Command command = add_volume_command(cache, "show", "All that is known of one generation", options->volume);
  add_generation(command, "generation", options->generation, " (default: the current one)");
  command.add_flag("--json", options->json, "Print it as JSON");
  command.set_action([options] { return show_generation(*options); });
}

}  // namespace larder::cli
