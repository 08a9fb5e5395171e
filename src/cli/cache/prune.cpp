#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "builds/plan/limits.hpp"
#include "builds/plan/workspace.hpp"
#include "cli/cache/cache_commands.hpp"
#include "cli/cache/kept.hpp"
#include "cli/cache/prune_text.hpp"
#include "cli/existing_store.hpp"
#include "cli/output.hpp"
#include "cli/view/screen.hpp"
#include "config/project.hpp"
#include "config/tables.hpp"
#include "store/care/upkeep.hpp"

namespace larder::cli {
namespace {

struct PruneOptions {
  std::string max_size;
  std::string max_age;
  std::string keep;
  bool dry_run = false;
  bool json = false;
};

Result<int> parse_keep(const std::string& text) {
  const bool is_number = !text.empty() && text.size() < 7 && text.find_first_not_of("0123456789") == std::string::npos;
  const int number = is_number ? std::stoi(text) : 0;
  if (number > 0) return number;
  return fail(ErrorCode::usage, fmt::format("'{}' is not a number of generations", text), {},
              "give a whole number from 1 on: the current one counts");
}

/// What the command line says, then the configuration.
Result<store::Limits> limits_for(const PruneOptions& options) {
  TRY_ASSIGN(const config::Project project, config::load_project(builds::find_project_folder(".")));
  TRY_ASSIGN(store::Limits limits, builds::store_limits(project.cache, config::user_config_dir()));
  if (!options.max_size.empty()) {
    TRY_ASSIGN(limits.max_bytes, parse_bytes(options.max_size));
  }
  if (!options.max_age.empty()) {
    TRY_ASSIGN(limits.max_age_seconds, parse_duration(options.max_age));
  }
  if (!options.keep.empty()) {
    TRY_ASSIGN(limits.retention.generations, parse_keep(options.keep));
    limits.retention.seconds = 0;  // no more than asked for, however young
  }
  return limits;
}

Result<int> run_prune(const PruneOptions& options) {
  TRY_ASSIGN(const store::Limits limits, limits_for(options));
  Os os;
  TRY_ASSIGN(const std::string path, store::default_store_path());
  TRY_ASSIGN(const auto store, open_existing_store(os, path));
  store::PrunePlan plan;
  if (store) {
    TRY_ASSIGN(plan, options.dry_run ? store::plan_prune(*store, limits, std::time(nullptr))
                                     : store::prune_now(*store, limits));
  }
  const auto kept = limits.max_age_seconds ? unused_since(find_kept(path), std::time(nullptr) - *limits.max_age_seconds)
                                           : std::vector<KeptByEngine>();
  if (!options.dry_run) TRY(remove_kept(kept, path));
  const PruneResult result{plan, limits, options.dry_run};
  if (options.json) {
    nlohmann::json data = prune_to_json(result);
    data["engines"] = kept_to_json(kept);
    print_json(data);
  } else {
    print(format_prune(result, std::time(nullptr)) +
          (kept.empty()      ? ""
           : options.dry_run ? "\nWould go besides:"
                             : "\nRemoved besides:") +
          format_kept(kept, std::time(nullptr)));
  }
  TRY(check_reached(result));
  return 0;
}

}  // namespace

void add_cache_prune_command(const Command& cache) {
  const auto options = std::make_shared<PruneOptions>();
  const Command command = cache.add_command("prune", "Keep the store to its limits; without any, only its past");
  command.add_option("--max-size", options->max_size, "What the whole store may take, such as 20GB").value_name("SIZE");
  command.add_option("--max-age", options->max_age, "Volumes not used for so long go, such as 30d").value_name("TIME");
  command.add_option("--keep", options->keep, "How many generations of each volume stay").value_name("N");
  command.add_flag("--dry-run", options->dry_run, "Say what would go and what that would cost, and do nothing");
  command.add_flag("--json", options->json, "Print what went as JSON");
  command.set_footer(
      "What is not given is taken from [cache] of larder.toml, then of ~/.config/larder/config.toml.\n"
      "A volume that a build is using is never touched.");
  command.set_action([options] { return run_prune(*options); });
}

}  // namespace larder::cli
