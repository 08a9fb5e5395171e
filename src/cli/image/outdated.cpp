#include "builds/image/outdated.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/image/image_commands.hpp"
#include "cli/image/image_plan.hpp"
#include "cli/image/listed_images.hpp"
#include "cli/output.hpp"
#include "cli/project_images.hpp"
#include "cli/view/views.hpp"

namespace larder::cli {
namespace {

using nlohmann::json;

struct OutdatedOptions {
  ImagePlanOptions plan;
  bool exit_code = false;
};

std::string shown_version(const builds::Outdated& one, const std::string& version) {
  return one.is_base ? short_digest(version) : version;
}

std::string format_outdated(const std::vector<builds::Outdated>& found) {
  std::vector<std::vector<std::string>> rows = {{"NAME", "PINNED", "NEWEST", "TARGETS"}};
  for (const builds::Outdated& one : found)
    rows.push_back({one.name, shown_version(one, one.pinned), shown_version(one, one.newest), join(one.targets, ", ")});
  return format_table(rows);
}

json outdated_to_json(const std::vector<builds::Outdated>& found) {
  json list = json::array();
  for (const builds::Outdated& one : found)
    list.push_back({{"kind", one.is_base ? "base" : "package"},
                    {"name", one.name},
                    {"pinned", one.pinned},
                    {"newest", one.newest},
                    {"targets", one.targets}});
  return list;
}

int print_outdated(const std::vector<builds::Outdated>& found, const OutdatedOptions& options) {
  if (options.plan.json)
    print_json({{"outdated", outdated_to_json(found)}});
  else if (found.empty())
    say("All that larder.lock pins is the newest there is.");
  else
    print(format_outdated(found));
  return options.exit_code && !found.empty() ? 1 : 0;
}

/// What is asked of, on this machine's architecture.
struct AskedImages {
  std::vector<builds::AskedImage> images;
  std::string machine;
};

/// The images of the targets that are asked for, else of those that are pinned in whole, else of all: only what is
/// pinned can be outdated.
Result<AskedImages> find_pinned_images(const ImagePlanOptions& options) {
  TRY_ASSIGN(builds::Request request, pinned_targets(options));
  if (request.targets.empty()) request.all = true;
  request.start = options.folder;
  TRY_ASSIGN(builds::Plan plan, builds::make_plan(builds::find_project_folder(options.folder), request));
  TRY_ASSIGN(const image::Lock lock, image::Lock::load(plan.workspace.settings));
  AskedImages asked{{}, plan.machine.debian_arch};
  for (const builds::TargetPlan& target : plan.targets) {
    if (!target.chain) continue;
    asked.images.push_back({target.target.name, *target.chain, pinned_chain(target, lock, asked.machine)});
    if (!asked.images.back().pinned.is_whole())
      return fail(ErrorCode::environment, fmt::format("larder.lock does not pin the image of {}", target.target.name),
                  {}, fmt::format("`larder image build {}` prepares and pins it", target.target.name));
  }
  builds::ProvideOptions pinned_only = options.image;
  pinned_only.locked = true;
  ProjectImages images(pinned_only, options.json ? Verbosity::quiet : Verbosity::normal);
  TRY(builds::provide(std::move(plan), images));
  return asked;
}

Result<int> show_outdated(const OutdatedOptions& options) {
  TRY_ASSIGN(const AskedImages asked, find_pinned_images(options.plan));
  if (asked.images.empty()) return print_outdated({}, options);
  Os os;
  TRY_ASSIGN(const store::Store store, store::open_default_store(os));
  const auto progress =
      make_progress(detect_screen(STDERR_FILENO), options.plan.json ? Verbosity::quiet : Verbosity::normal);
  std::vector<std::string> names;
  for (const builds::AskedImage& image : asked.images) names.push_back(image.target);
  progress->begin(names);
  const auto found = builds::find_outdated(store, asked.images, asked.machine, *progress);
  for (const std::string& name : names)
    progress->finished(name, found ? builds::TargetOutcome::success : builds::TargetOutcome::failed, 0);
  progress->end();
  if (!found) return fail(found.error());
  return print_outdated(*found, options);
}

}  // namespace

void add_image_outdated_command(const Command& image) {
  const auto options = std::make_shared<OutdatedOptions>();
  const Command command = add_image_plan_command(
      image, "outdated", "What larder.lock pins and has newer versions; changes nothing", options->plan);
  add_all_and_json(command, options->plan);
  command.add_flag("--exit-code", options->exit_code, "Exit with 1 where something has a newer version");
  command.set_footer("`larder image update` takes them.");
  command.set_action([options] { return show_outdated(*options); });
}

}  // namespace larder::cli
