#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/cache/cache_commands.hpp"
#include "cli/cache/contents.hpp"
#include "cli/cache/list_text.hpp"
#include "cli/existing_store.hpp"
#include "cli/output.hpp"

namespace larder::cli {
namespace {

Result<int> list_volumes(bool as_json) {
  Os os;
  TRY_ASSIGN(const std::string path, store::default_store_path());
  TRY_ASSIGN(const auto store, open_existing_store(os, path));
  TRY_ASSIGN(const CacheContents contents, read_contents(path, store));
  const auto& volumes = contents.usage.volumes;
  if (as_json) {
    print_json({{"store", path}, {"volumes", volumes_to_json(volumes)}, {"engines", kept_to_json(contents.kept)}});
    return print_damage(contents);
  }
  if (!volumes.empty()) print(format_volumes(volumes, std::time(nullptr)));
  print(format_kept(contents.kept, std::time(nullptr)));
  if (contents.empty()) say_no_volumes(contents);
  return print_damage(contents);
}

}  // namespace

void add_cache_list_command(const Command& cache) {
  const auto as_json = std::make_shared<bool>(false);
  const Command command = cache.add_command("list", "The volumes, their sizes and what they share");
  command.add_flag("--json", *as_json, "Print the volumes as JSON");
  command.set_action([as_json] { return list_volumes(*as_json); });
}

}  // namespace larder::cli
