#include <fmt/format.h>

#include <memory>

#include "cli/cache/cache_commands.hpp"
#include "cli/cache/open_volume.hpp"
#include "cli/cache/text.hpp"
#include "cli/output.hpp"
#include "store/branch/copy.hpp"

namespace larder::cli {
namespace {

struct ForkOptions {
  std::string volume;
  std::string name;
};

Result<int> run_fork(const ForkOptions& options) {
  Os os;
  TRY_ASSIGN(const OpenVolume volume, open_volume(os, options.volume));
  TRY_ASSIGN(const store::Generation made, store::fork_volume(volume.store, volume.chosen.key, options.name));
  print(fmt::format("{} starts with what {} has (generation {}), and shares its disk space.\n", options.name,
                    volume.chosen.name, short_id(made.same_content_as)));
  return 0;
}

}  // namespace

void add_cache_fork_command(const Command& cache) {
  const auto options = std::make_shared<ForkOptions>();
  const Command command = add_volume_command(cache, "fork", "Make a new volume of a volume's content", options->volume);
  command.add_option("name", options->name, "The new volume's name").required();
  command.set_action([options] { return run_fork(*options); });
}

}  // namespace larder::cli
