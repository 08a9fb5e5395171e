#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/image/image_commands.hpp"
#include "cli/image/image_plan.hpp"
#include "cli/output.hpp"
#include "cli/project_images.hpp"
#include "cli/upkeep.hpp"

namespace larder::cli {
namespace {

/// A broken larder.lock is mended by a build of all targets: only that pins again all that it has lost.
Result<int> build_images(ImagePlanOptions options) {
  options.request.offline = options.image.offline;
  options.request.locked = options.image.locked;
  options.image.repair = options.request.all && !options.image.locked;
  ProjectImages images(options.image, options.json ? Verbosity::quiet : Verbosity::normal);
  TRY_ASSIGN(const builds::Plan plan, plan_images(options, images));
  if (const auto kept = images.salvaged_entries())
    say(fmt::format("larder.lock was broken: {} of its entries were whole and stay, the rest is pinned anew", *kept));
  nlohmann::json data = nlohmann::json::array();
  std::vector<std::vector<std::string>> rows;
  for (const builds::TargetPlan& target : plan.targets) {
    rows.push_back({target.target.name, target.image.name, digest_text(target.image.digest)});
    data.push_back({{"target", target.target.name}, {"image", target.image.name}, {"digest", target.image.digest}});
  }
  if (options.json)
    print_json({{"images", data}});
  else
    print(format_table(rows));
  Os os;
  TRY_ASSIGN(const store::Store store, store::open_default_store(os));
  TRY(keep_up(store, plan.limits));
  return 0;
}

}  // namespace

void add_image_build_command(const Command& image) {
  const auto options = std::make_shared<ImagePlanOptions>();
  const Command command =
      add_image_plan_command(image, "build", "Prepare the images of the project's targets, and pin them", *options);
  add_all_and_json(command, *options);
  add_image_options(command, options->image);
  command.set_action([options] { return build_images(*options); });
}

}  // namespace larder::cli
