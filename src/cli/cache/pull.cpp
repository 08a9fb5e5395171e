#include <fmt/format.h>
#include <unistd.h>

#include <memory>

#include "base/text.hpp"
#include "cli/cache/cache_commands.hpp"
#include "cli/cache/remote_project.hpp"
#include "cli/cache/target_names.hpp"
#include "cli/cache/volume.hpp"
#include "cli/cache/volume_offers.hpp"
#include "cli/offers.hpp"
#include "cli/output.hpp"
#include "cli/upkeep.hpp"
#include "share/transfer.hpp"

namespace larder::cli {
namespace {

struct PullOptions {
  RemoteOptions remote;
  share::Choice choice;
};

std::string describe(const share::Pulled& pulled) {
  const std::string name = name_with_variant(pulled.taken.key);
  if (!pulled.taken.changed) return fmt::format("{}: has all of it already.\n", name);
  return fmt::format("{}: pulled {} of {}\n", name, format_bytes(pulled.pulled_bytes), format_bytes(pulled.all_bytes));
}

Result<int> run_pull(PullOptions options) {
  TRY_ASSIGN(options.choice.targets, target_names(options.choice.targets));
  TRY_ASSIGN(const RemoteProject project, find_remote_project(options.remote, "--from"));
  const std::string& repository = project.remote.registry.repository();
  Os os;
  TRY_ASSIGN(const store::Store store, store::open_default_store(os));
  const std::string holder = fmt::format("larder cache pull {}, process {}", repository, ::getpid());
  TRY_ASSIGN(const auto all, share::pull_volumes(store, project.remote, options.choice, holder));
  if (all.empty()) print(fmt::format("{} has nothing of {}.\n", repository, project.workspace.project));
  for (const share::Pulled& one : all) print(describe(one));
  TRY(keep_up(store, {}));
  return 0;
}

}  // namespace

void add_cache_pull_command(const Command& cache) {
  const auto options = std::make_shared<PullOptions>();
  const Command command = cache.add_command("pull", "Pull a project's volumes from a registry: only what is not here");
  command.add_option("volume", options->choice.volumes, "Volumes by their names (default: all of the project's)")
      .offers(offer_volumes());
  command.add_option("--target", options->choice.targets, "Volumes of this target only")
      .value_name("TARGET")
      .offers(offer_targets());
  add_remote_options(command, "--from", options->remote);
  command.set_footer(
      "Builds use what was pulled as if this machine had made it: pull only from where only those can push whom you\n"
      "trust, or configure their public keys.");
  command.set_action([options] { return run_pull(*options); });
}

}  // namespace larder::cli
