#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "builds/plan/make_plan.hpp"
#include "builds/plan/workspace.hpp"
#include "cli/cache/cache_commands.hpp"
#include "cli/cache/clean_text.hpp"
#include "cli/cache/kept.hpp"
#include "cli/cache/target_names.hpp"
#include "cli/cache/text.hpp"
#include "cli/cache/volume_offers.hpp"
#include "cli/confirm.hpp"
#include "cli/offers.hpp"
#include "cli/output.hpp"
#include "cli/view/view_text.hpp"
#include "store/space/collect.hpp"

namespace larder::cli {
namespace {

struct CleanOptions {
  store::CleanRequest request;
  std::string folder = ".";
  bool yes = false;
  bool json = false;
};

constexpr const char* ways_hint =
    "one of: `larder cache clean` in a project's folder, `larder cache clean VOLUME...`, "
    "`larder cache clean --target TARGET`, `larder cache clean --all`";

/// Where the command line names nothing, what belongs to the project that the caller is in.
Status complete_request(const std::string& folder, store::CleanRequest& request) {
  const int ways = (request.all ? 1 : 0) + (request.volumes.empty() ? 0 : 1) + (request.targets.empty() ? 0 : 1);
  if (ways == 1) return {};
  if (ways > 1) return fail(ErrorCode::usage, "more than one way to say what to clean", {}, ways_hint);
  auto workspace = builds::workspace_of(builds::find_project_folder(folder), folder);
  if (!workspace)
    return fail(ErrorCode::usage, "say what to clean: this is no project's folder", workspace.error().message,
                ways_hint);
  request.project = {std::move(workspace->project), std::move(workspace->folder)};
  return {};
}

/// What a request selects, in the store and in engines that keep volumes themselves.
struct CleanSelection {
  store::Cleaning in_store;
  std::vector<KeptByEngine> kept;

  size_t count() const { return in_store.count() + engine::count_kept(kept); }
  uint64_t about_bytes() const {
    uint64_t bytes = in_store.about_bytes();
    for (const KeptByEngine& one : kept) bytes += one.bytes();
    return bytes;
  }
};

Result<CleanSelection> select(const store::Store& store, store::CleanRequest request) {
  TRY_ASSIGN(const auto candidates, store::read_candidates(store));
  std::vector<std::string> names;
  std::vector<std::string> targets;
  for (const store::CleanCandidate& candidate : candidates) {
    names.push_back(candidate.key.name());
    targets.push_back(candidate.target());
  }
  TRY_ASSIGN(request.targets, target_names(request.targets, targets));
  KeptSelection selection = select_kept(find_kept(store.path()), request, names);
  std::vector<store::CleanCandidate> selected;
  if (selection.asks_store) {
    TRY(check_names(selection.rest.volumes, candidates));
    selected = store::select_candidates(candidates, selection.rest);
  }
  TRY_ASSIGN(store::Cleaning cleaning, store::Cleaning::prepare(store, candidates, std::move(selected)));
  return CleanSelection{std::move(cleaning), std::move(selection.kept)};
}

Result<store::CleanOutcome> remove(const CleanSelection& selection, const std::string& store_path) {
  std::vector<store::VolumeKey> kept;
  for (const KeptByEngine& one : selection.kept)
    for (const engine::KeptVolume& volume : one.volumes) {
      TRY_ASSIGN(store::VolumeKey key, store::VolumeKey::make(volume.name, "plain"));
      kept.push_back(std::move(key));
    }
  TRY(engine::remove_kept(selection.kept, store_path));
  TRY_ASSIGN(store::CleanOutcome outcome, selection.in_store.run());
  for (const KeptByEngine& one : selection.kept) outcome.freed_bytes += one.bytes();
  outcome.removed.insert(outcome.removed.end(), kept.begin(), kept.end());
  return outcome;
}

void print_outcome(const store::CleanOutcome& outcome, bool as_json) {
  if (as_json)
    print_json(clean_to_json(outcome));
  else
    print(format_clean(outcome));
}

Result<bool> is_confirmed(const store::Store& store, const CleanSelection& selection, const CleanOptions& options) {
  if (!options.json || !options.yes) {
    TRY_ASSIGN(const std::string description, format_cleaning(store, selection.in_store));
    write_text(STDERR_FILENO, description + format_kept(selection.kept, std::time(nullptr)));
  }
  return options.yes || confirm(fmt::format("Remove {}, freeing about {}?", count_volumes(selection.count()),
                                            format_bytes(selection.about_bytes())));
}

Result<int> run_clean(CleanOptions options) {
  TRY(complete_request(options.folder, options.request));
  Os os;
  TRY_ASSIGN(const store::Store store, store::open_default_store(os));
  TRY_ASSIGN(const CleanSelection selection, select(store, options.request));
  if (selection.count() == 0) {
    if (options.request.all) TRY(store::remove_logs(store));
    print_outcome({}, options.json);
    return 0;
  }
  if (!options.yes && !can_ask())
    return fail(ErrorCode::usage, "cleaning asks first, and there is no terminal to ask on", {},
                "add `--yes` to clean without a question");
  TRY_ASSIGN(const bool confirmed, is_confirmed(store, selection, options));
  if (!confirmed) {
    say("Nothing was removed.");
    return 0;
  }
  TRY_ASSIGN(const store::CleanOutcome outcome, remove(selection, store.path()));
  if (options.request.all) TRY(store::remove_logs(store));
  print_outcome(outcome, options.json);
  return 0;
}

}  // namespace

void add_cache_clean_command(const Command& cache) {
  const auto options = std::make_shared<CleanOptions>();
  const Command command =
      cache.add_command("clean", "Make a project's volumes empty, or others; the next build starts from nothing");
  command.add_option("volume", options->request.volumes, "Volumes by the names that `larder cache list` shows")
      .offers(offer_volumes());
  command.add_option("--target", options->request.targets, "All volumes of this target")
      .value_name("TARGET")
      .offers(offer_targets());
  command.add_flag("--all,--all-projects", options->request.all,
                   "All volumes of the store but images (see `larder image prune`), and the logs");
  command.add_flag("-y,--yes", options->yes, "Do not ask");
  command.add_flag("--json", options->json, "Print what was removed as JSON");
  command.add_option("-C,--project", options->folder, "The project's folder").value_name("DIR").offers(offer_folders());
  command.set_footer(
      "Without any of these: what belongs to the project in this folder, but not the downloads, which all projects\n"
      "share. A volume that a build is using is never touched: then nothing is removed.");
  command.set_action([options] { return run_clean(*options); });
}

}  // namespace larder::cli
