#include "cli/image/image_plan.hpp"

#include <utility>

#include "cli/image/listed_images.hpp"
#include "cli/offers.hpp"
#include "cli/project_images.hpp"

namespace larder::cli {

Command add_image_plan_command(const Command& image, const std::string& name, const std::string& description,
                               ImagePlanOptions& options) {
  const Command command = image.add_command(name, description);
  command.add_option("target", options.request.targets, "Targets by their short names, such as x64 or musl-arm64")
      .offers(offer_targets());
  command.add_option("--image", options.request.image, "Another image than the project's")
      .value_name("IMAGE")
      .offers(offer_image_names());
  command.add_option("-C,--project", options.folder, "The project's folder").value_name("DIR").offers(offer_folders());
  return command;
}

void add_all_and_json(const Command& command, ImagePlanOptions& options) {
  command.add_flag("--all", options.request.all, "All targets of the project, or the four that Larder is made for");
  command.add_flag("--json", options.json, "Print it as JSON");
}

Result<builds::Plan> plan_images(const ImagePlanOptions& options, builds::Images& images) {
  builds::Request request = options.request;
  request.start = options.folder;
  TRY_ASSIGN(builds::Plan plan, builds::make_plan(builds::find_project_folder(options.folder), request));
  return builds::provide(std::move(plan), images);
}

image::PinnedChain pinned_chain(const builds::TargetPlan& target, const image::Lock& lock, const std::string& machine) {
  return target.chain ? lock.pinned(*target.chain, machine) : image::PinnedChain();
}

Result<builds::Request> pinned_targets(const ImagePlanOptions& options) {
  builds::Request request = options.request;
  if (!request.targets.empty() || request.all) return request;
  builds::ProvideOptions look;
  look.look_only = true;
  ProjectImages images(look, Verbosity::quiet);
  ImagePlanOptions all = options;
  all.request.all = true;
  TRY_ASSIGN(const builds::Plan plan, plan_images(all, images));
  TRY_ASSIGN(const image::Lock lock, image::Lock::load(plan.workspace.settings));
  for (const builds::TargetPlan& target : plan.targets)
    if (target.chain && pinned_chain(target, lock, plan.machine.debian_arch).is_whole())
      request.targets.push_back(target.target.name);
  return request;
}

std::string digest_text(const std::string& digest) { return digest.empty() ? "not here yet" : short_digest(digest); }

}  // namespace larder::cli
