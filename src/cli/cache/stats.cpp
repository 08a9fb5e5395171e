#include <unistd.h>

#include <ctime>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/cache/cache_commands.hpp"
#include "cli/cache/contents.hpp"
#include "cli/cache/stats_text.hpp"
#include "cli/existing_store.hpp"
#include "cli/output.hpp"
#include "store/space/footprint.hpp"

namespace larder::cli {
namespace {

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

Result<int> print_stats(bool as_json) {
  Os os;
  TRY_ASSIGN(const std::string path, store::default_store_path());
  TRY_ASSIGN(const auto store, open_existing_store(os, path));
  TRY_ASSIGN(const CacheContents contents, read_contents(path, store));
  CacheStats stats{path, contents.usage, {}};
  if (store) {
    TRY_ASSIGN(stats.targets, usage_by_target(*store, stats.usage));
  }
  if (as_json) {
    nlohmann::json data = stats_to_json(stats);
    data["engines"] = kept_to_json(contents.kept);
    print_json(data);
    return print_damage(contents);
  }
  if (contents.empty()) {
    say_no_volumes(contents);
    return 0;
  }
  const Screen screen = detect_screen(STDOUT_FILENO);
  print(format_stats(stats) + (screen.terminal ? format_chart(stats.usage.volumes, screen) : "") +
        format_kept(contents.kept, std::time(nullptr)));
  return print_damage(contents);
}

}  // namespace

void add_cache_stats_command(const Command& cache) {
  const auto as_json = std::make_shared<bool>(false);
  const Command command = cache.add_command("stats", "Sizes per target and in all");
  command.add_flag("--json", *as_json, "Print the sizes as JSON");
  command.set_action([as_json] { return print_stats(*as_json); });
}

}  // namespace larder::cli
