#pragma once

#include <string>
#include <vector>

#include "builds/image/images.hpp"
#include "builds/plan/make_plan.hpp"
#include "cli/command_line.hpp"
#include "image/lock.hpp"

namespace larder::cli {

/// What the commands about a project's own images have in common.
struct ImagePlanOptions {
  builds::Request request;
  builds::ProvideOptions image;
  std::string folder = ".";
  bool json = false;
};

/// Adds a command about the images of a project's targets, with the options that all of them have.
Command add_image_plan_command(const Command& image, const std::string& name, const std::string& description,
                               ImagePlanOptions& options);
/// Adds --all and --json.
void add_all_and_json(const Command& command, ImagePlanOptions& options);

/// The plan of a build of the project for the requested targets, with the images that `images` provides.
Result<builds::Plan> plan_images(const ImagePlanOptions& options, builds::Images& images);

/// The steps of a target's image, and what the lock pins of them on a machine of this architecture.
image::PinnedChain pinned_chain(const builds::TargetPlan& target, const image::Lock& lock, const std::string& machine);

/// The request with the targets that it is for: those asked for, else those that are pinned in whole.
Result<builds::Request> pinned_targets(const ImagePlanOptions& options);

/// The digest as a table shows it; "not here yet" where it is empty.
std::string digest_text(const std::string& digest);

}  // namespace larder::cli
