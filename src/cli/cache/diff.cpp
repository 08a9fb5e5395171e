#include <memory>
#include <nlohmann/json.hpp>

#include "cli/cache/cache_commands.hpp"
#include "cli/cache/diff_text.hpp"
#include "cli/cache/open_volume.hpp"
#include "cli/cache/volume_offers.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"

namespace larder::cli {
namespace {

struct DiffOptions {
  std::string volume;
  std::string from;
  std::string to;
  bool json = false;
};

Result<int> run_diff(const DiffOptions& options) {
  Os os;
  TRY_ASSIGN(const OpenVolume volume, open_volume(os, options.volume));
  TRY_ASSIGN(const store::Generation from, choose_generation(volume, options.from));
  TRY_ASSIGN(const store::Generation to, choose_generation(volume, options.to));
  TRY_ASSIGN(const auto changes, store::diff_layers(volume.store, from.layers, to.layers));
  if (!options.json) {
    print(format_diff(changes));
    return 0;
  }
  nlohmann::json data = key_to_json(volume.chosen.key, "volume");
  data["from"] = from.id;
  data["to"] = to.id;
  data.update(diff_to_json(changes));
  print_json(data);
  return 0;
}

}  // namespace

void add_cache_diff_command(const Command& cache) {
  const auto options = std::make_shared<DiffOptions>();
  const Command command =
      add_volume_command(cache, "diff", "The files that differ between generations", options->volume);
  add_generation(command, "from", options->from).required();
  command.add_option("to", options->to, "The same (default: the current one)").offers(offer_generations());
  command.add_flag("--json", options->json, "Print the files as JSON");
  command.set_action([options] { return run_diff(*options); });
}

}  // namespace larder::cli
