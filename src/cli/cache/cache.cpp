#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.hpp"
#include "cli/cache/clean_text.hpp"
#include "cli/cache/commands.hpp"
#include "cli/cache/kept.hpp"
#include "cli/cache/text.hpp"
#include "cli/commands.hpp"
#include "cli/confirm.hpp"
#include "cli/existing_store.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"
#include "cli/view/view_text.hpp"
#include "config/tables.hpp"
#include "store/space/footprint.hpp"

namespace larder::cli {
namespace {

using nlohmann::json;

struct CacheOptions {
  store::CleanRequest clean;
  bool yes = false;
  bool json = false;
};

/// Says what else there is, and gives the exit code.
int tell_damage(const store::StoreUsage& usage) {
  for (const Error& damage : usage.damaged) print_error(damage);
  return usage.damaged.empty() ? 0 : static_cast<int>(ErrorCode::damage);
}

Result<int> run_list(const CacheOptions& options) {
  Os os;
  TRY_ASSIGN(const std::string path, store::default_store_path());
  TRY_ASSIGN(const auto store, open_existing_store(os, path));
  store::StoreUsage usage;
  if (store) {
    TRY_ASSIGN(usage, store::measure_usage(*store));
  }
  const auto kept = find_kept(path);
  if (options.json) {
    print_json({{"store", path}, {"volumes", volumes_to_json(usage.volumes)}, {"engines", kept_to_json(kept)}});
    return tell_damage(usage);
  }
  if (!usage.volumes.empty()) print(format_volumes(usage.volumes, std::time(nullptr)));
  print(format_kept(kept, std::time(nullptr)));
  if (usage.volumes.empty() && usage.damaged.empty() && kept.empty())
    say("No volumes yet in " + path + ": the first `larder build` makes them.");
  return tell_damage(usage);
}

Result<std::vector<TargetUsage>> usage_by_target(const store::Store& store, const store::StoreUsage& usage) {
  std::map<std::string, TargetUsage> targets;
  std::map<std::string, std::set<std::string>> layers;
  for (const store::VolumeUsage& volume : usage.volumes) {
    const std::string& name = volume.generation.spec.target;
    TargetUsage& target = targets[name];
    target.target = name;
    ++target.volumes;
    target.files += volume.files;
    target.logical_bytes += volume.logical_bytes;
    layers[name].insert(volume.generation.layers.begin(), volume.generation.layers.end());
  }
  std::vector<TargetUsage> list;
  for (auto& [name, target] : targets) {
    TRY_ASSIGN(const store::LayersSize size, store::measure_layers(store, layers[name]));
    target.disk_bytes = size.disk_bytes;
    list.push_back(std::move(target));
  }
  return list;
}

Result<int> run_stats(const CacheOptions& options) {
  Os os;
  CacheStats stats;
  TRY_ASSIGN(stats.path, store::default_store_path());
  TRY_ASSIGN(const auto store, open_existing_store(os, stats.path));
  if (store) {
    TRY_ASSIGN(stats.usage, store::measure_usage(*store));
    TRY_ASSIGN(stats.targets, usage_by_target(*store, stats.usage));
  }
  const auto kept = find_kept(stats.path);
  if (options.json) {
    json data = stats_to_json(stats);
    data["engines"] = kept_to_json(kept);
    print_json(data);
    return tell_damage(stats.usage);
  }
  if (stats.usage.volumes.empty() && stats.usage.damaged.empty() && kept.empty()) {
    say("No volumes yet in " + stats.path + ": the first `larder build` makes them.");
    return 0;
  }
  const Screen screen = detect_screen(STDOUT_FILENO);
  print(format_stats(stats) + (screen.terminal ? format_chart(stats.usage.volumes, screen) : "") +
        format_kept(kept, std::time(nullptr)));
  return tell_damage(stats.usage);
}

Status check_request(const store::CleanRequest& request) {
  const int ways = (request.all ? 1 : 0) + (request.volumes.empty() ? 0 : 1) + (request.targets.empty() ? 0 : 1);
  if (ways == 1) return {};
  return fail(
      ErrorCode::usage,
      ways == 0 ? "say what to clean: a volume, --target or --all" : "more than one way to say what to clean", {},
      "one of: `larder cache clean VOLUME...`, `larder cache clean --target TARGET`, `larder cache clean --all`");
}

std::string question(size_t count, uint64_t bytes) {
  return fmt::format("Remove {}, freeing about {}?", count_volumes(count), format_bytes(bytes));
}

void print_outcome(const store::CleanOutcome& outcome, bool as_json) {
  if (!as_json) {
    print(outcome.removed.empty() ? "Nothing to remove.\n"
                                  : fmt::format("Removed {}, freed {}.\n", count_volumes(outcome.removed.size()),
                                                format_bytes(outcome.freed_bytes)));
    return;
  }
  json removed = json::array();
  for (const store::VolumeKey& key : outcome.removed) removed.push_back(key_to_json(key));
  print_json({{"removed", removed}, {"freed_bytes", outcome.freed_bytes}});
}

/// What is meant, in the store and in engines that keep volumes themselves.
struct CleanSelection {
  store::Cleaning in_store;
  std::vector<KeptByEngine> kept;

  size_t count() const { return in_store.count() + count_kept(kept); }
  uint64_t about_bytes() const {
    uint64_t bytes = in_store.about_bytes();
    for (const KeptByEngine& one : kept) bytes += one.bytes();
    return bytes;
  }
};

Result<CleanSelection> prepare(const store::Store& store, const store::CleanRequest& request) {
  TRY_ASSIGN(const auto candidates, store::read_candidates(store));
  TRY_ASSIGN(const auto table, config::load_targets(config::user_config_dir()));
  std::vector<std::string> names;
  for (const store::CleanCandidate& candidate : candidates) names.push_back(candidate.key.name);
  KeptSelection selection = select_kept(find_kept(store.path()), request, names);
  std::vector<store::CleanCandidate> selected;
  if (selection.asks_store) {
    TRY(check_names(selection.rest, candidates, table.names()));
    selected = store::select_candidates(candidates, selection.rest);
  }
  TRY_ASSIGN(store::Cleaning cleaning, store::Cleaning::prepare(store, candidates, std::move(selected)));
  return CleanSelection{std::move(cleaning), std::move(selection.kept)};
}

Result<store::CleanOutcome> remove_selected(const CleanSelection& selection, const std::string& store_path) {
  TRY(remove_kept(selection.kept, store_path));
  TRY_ASSIGN(store::CleanOutcome outcome, selection.in_store.run());
  for (const KeptByEngine& one : selection.kept) {
    outcome.freed_bytes += one.bytes();
    for (const engine::KeptVolume& volume : one.volumes) outcome.removed.push_back({volume.name, "plain"});
  }
  return outcome;
}

Result<int> run_clean(const CacheOptions& options) {
  TRY(check_request(options.clean));
  if (!options.yes && !can_ask())
    return fail(ErrorCode::usage, "cleaning asks first, and there is no terminal to ask on", {},
                "add `--yes` to clean without a question");
  Os os;
  TRY_ASSIGN(const store::Store store, store::open_default_store(os));
  TRY_ASSIGN(const CleanSelection selection, prepare(store, options.clean));
  if (selection.count() == 0) {
    print_outcome({}, options.json);
    return 0;
  }
  if (!options.json || !options.yes) {
    TRY_ASSIGN(const std::string description, format_cleaning(store, selection.in_store));
    write_text(STDERR_FILENO, description + format_kept(selection.kept, std::time(nullptr)));
  }
  if (!options.yes && !confirm(question(selection.count(), selection.about_bytes()))) {
    say("Nothing was removed.");
    return 0;
  }
  TRY_ASSIGN(const store::CleanOutcome outcome, remove_selected(selection, store.path()));
  print_outcome(outcome, options.json);
  return 0;
}

Result<int> run_dir() {
  TRY_ASSIGN(const std::string path, store::default_store_path());
  print(path + "\n");
  return 0;
}

void add_clean(const Command& cache, const std::shared_ptr<CacheOptions>& options) {
  const Command command = cache.add_command("clean", "Make volumes empty; the next build starts from nothing");
  command.add_option("volume", options->clean.volumes, "Volumes by the names that `larder cache list` shows");
  command.add_option("--target", options->clean.targets, "All volumes of this target").value_name("TARGET");
  command.add_flag("--all", options->clean.all, "All volumes of the store but images (see `larder image prune`)");
  command.add_flag("-y,--yes", options->yes, "Do not ask");
  command.add_flag("--json", options->json, "Print what was removed as JSON");
  command.set_footer("A volume that a build is using is never touched: then nothing is removed.");
  command.set_action([options] { return run_clean(*options); });
}

}  // namespace

void add_cache_command(const Command& larder) {
  const Command cache =
      larder.add_command("cache", "Show the caches that builds have filled, go back in their history, clean them");
  if (!cache.is_asked_for()) return;
  const auto options = std::make_shared<CacheOptions>();
  const Command list = cache.add_command("list", "The volumes, their sizes and what they share");
  list.add_flag("--json", options->json, "Print the volumes as JSON");
  list.set_action([options] { return run_list(*options); });
  const Command stats = cache.add_command("stats", "Sizes per target and in all");
  stats.add_flag("--json", options->json, "Print the sizes as JSON");
  stats.set_action([options] { return run_stats(*options); });
  add_clean(cache, options);
  add_cache_history_commands(cache);
  add_cache_prune_command(cache);
  add_cache_verify_command(cache);
  add_cache_import_command(cache);
  cache.add_command("dir", "Print the store's path").set_action(run_dir);
}

}  // namespace larder::cli
