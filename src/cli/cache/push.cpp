#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <set>

#include "base/text.hpp"
#include "cli/cache/cache_commands.hpp"
#include "cli/cache/open_volume.hpp"
#include "cli/cache/remote_project.hpp"
#include "cli/cache/target_names.hpp"
#include "cli/cache/volume_offers.hpp"
#include "cli/existing_store.hpp"
#include "cli/offers.hpp"
#include "cli/output.hpp"
#include "config/tables.hpp"
#include "share/transfer.hpp"

namespace larder::cli {
namespace {

struct PushOptions {
  RemoteOptions remote;
  std::vector<std::string> volumes;
  std::vector<std::string> targets;
  bool all = false;
};

Status check_ways(const PushOptions& options) {
  const int ways = (options.all ? 1 : 0) + (options.volumes.empty() ? 0 : 1) + (options.targets.empty() ? 0 : 1);
  if (ways < 2) return {};
  return fail(ErrorCode::usage, "more than one way to say what to push", {}, "VOLUME..., --target or --all");
}

/// Whether the volume is one that a recipe fetches to: what all its projects share.
bool is_fetched(const config::RecipeTable& recipes, const store::VolumeSpec& spec) {
  const std::string name = spec.recipe.substr(0, spec.recipe.find(' '));
  for (const config::Recipe& recipe : recipes.all())
    for (const config::DownloadVolume& volume : recipe.downloads)
      if (recipe.name == name && volume.path == spec.mount_path) return true;
  return false;
}

/// Without names what was compiled in the project's folder; with a target, or all, the downloads of it, too.
bool is_meant(const PushOptions& options, const config::RecipeTable& recipes, const std::string& folder,
              const store::VolumeSpec& spec) {
  if (!options.targets.empty() && !contains(options.targets, spec.target)) return false;
  if (spec.volume_class == store::VolumeClass::compiled) return spec.workspace == folder;
  const bool downloads = options.all || !options.targets.empty();
  return downloads && spec.volume_class == store::VolumeClass::download && is_fetched(recipes, spec);
}

/// Of several variants of one name that are meant the one that was used last; never one of untrusted builds.
Result<std::vector<store::VolumeKey>> volumes_to_push(const store::Store& store, const PushOptions& options,
                                                      const config::RecipeTable& recipes, const std::string& folder) {
  if (!options.volumes.empty()) return choose_volumes(store, options.volumes);
  TRY_ASSIGN(const auto keys, store::list_volumes(store));
  std::set<std::string> names;
  for (const store::VolumeKey& key : keys) names.insert(key.name());
  std::vector<store::VolumeKey> meant;
  for (const std::string& name : names) {
    TRY_ASSIGN(const auto variants, store::list_variants(store, name));
    for (const store::VolumeKey& key : variants) {
      if (key.trust() == store::Trust::untrusted) continue;
      const auto current = store::current_generation(store, key);
      if (!current || !*current || (*current)->empty() || !is_meant(options, recipes, folder, (*current)->spec))
        continue;
      meant.push_back(key);
      break;
    }
  }
  return meant;
}

std::string describe(const share::Pushed& pushed, const std::string& repository) {
  const std::string& volume = pushed.packed.description.volume;
  if (!pushed.changed) return fmt::format("{}: the registry has this state already.\n", volume);
  return fmt::format("{}: pushed {} of {} to {}:{}\n", volume, format_bytes(pushed.packed.made_bytes),
                     format_bytes(pushed.packed.all_bytes), repository, pushed.tag);
}

Result<int> run_push(PushOptions options) {
  TRY(check_ways(options));
  TRY_ASSIGN(options.targets, target_names(options.targets));
  Os os;
  TRY_ASSIGN(const RemoteProject project, find_remote_to_push(os, options.remote, "--to"));
  if (project.remote.line.branch.empty())
    return fail(ErrorCode::usage, "no branch is checked out", "volumes are kept by branches",
                "LARDER_BRANCH=NAME says which it is");
  TRY_ASSIGN(const std::string path, store::default_store_path());
  TRY_ASSIGN(const auto store, open_existing_store(os, path));
  if (!store)
    return fail(ErrorCode::usage, "there is nothing to push", "there are no volumes yet", "`larder build` first");
  TRY_ASSIGN(const config::RecipeTable recipes, config::load_recipes(config::user_config_dir()));
  TRY_ASSIGN(const auto keys, volumes_to_push(*store, options, recipes, project.workspace.folder));
  if (keys.empty())
    return fail(ErrorCode::usage, "there is nothing to push",
                "nothing was built in " + project.workspace.folder + ", but for what untrusted builds may have",
                "`larder build` first, or name the volumes");
  const std::string holder = fmt::format("larder cache push, process {}", ::getpid());
  for (const store::VolumeKey& key : keys) {
    TRY_ASSIGN(const share::Pushed pushed, share::push_volume(*store, project.remote, key, recipes, holder));
    print(describe(pushed, project.remote.registry.repository()));
  }
  return 0;
}

}  // namespace

void add_cache_push_command(const Command& cache) {
  const auto options = std::make_shared<PushOptions>();
  const Command command = cache.add_command("push", "Push a project's volumes to a registry: only what it has not");
  command.add_option("volume", options->volumes, "Volumes by the names that `larder cache list` shows")
      .offers(offer_volumes());
  command.add_option("--target", options->targets, "The project's volumes of this target, and its downloads")
      .value_name("TARGET")
      .offers(offer_targets());
  command.add_flag("--all", options->all, "The project's volumes of all targets, and the downloads");
  add_remote_options(command, "--to", options->remote);
  add_key_options(command, options->remote);
  command.set_footer(
      "Without any of these: what was compiled of the project in this folder. Whoever may read the repository can "
      "read\n"
      "what a volume holds: in compiled code that may be sources, paths and the values of variables that were built "
      "in;\n"
      "in downloads what all your projects have fetched.");
  command.set_action([options] { return run_push(*options); });
}

}  // namespace larder::cli
