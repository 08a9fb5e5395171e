#include "builds/image/provide.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "builds/plan/engine_choice.hpp"
#include "builds/plan/target_image.hpp"
#include "builds/plan/target_plan.hpp"

namespace larder::builds {
namespace {

Status set_image(Plan& plan, TargetPlan& target, image::Image image) {
  TRY_ASSIGN(target, on_image(plan, target, std::move(image)));
  return {};
}

/// The container engine's own image, which all targets share.
Status pull_image(Plan& plan) {
  const engine::Pull pull = pull_of(plan.project);
  if (!plan.engine.image_id.empty() && pull != engine::Pull::always) return {};
  TRY_ASSIGN(const auto image, engine::find_image(*plan.engine.client, plan.project.image, pull));
  if (!image)
    return fail(ErrorCode::environment, fmt::format("{} has no image {}", plan.engine.name(), plan.project.image));
  plan.engine.note.clear();
  plan.engine.platform.clear();
  TRY(take_image(plan.project.image, *image, plan.engine));
  for (TargetPlan& target : plan.targets)
    TRY(set_image(plan, target, container_image(plan.project.image, plan.engine)));
  return {};
}

/// Where the network alone is missing, this machine's own tools may do.
Error with_own_tools_named(const Plan& plan, Error error) {
  if (error.needs_network && builds_on_host(plan))
    error.hint += "; or at once, with this machine's own tools: `--image host`";
  return error;
}

/// All at once, so that they can be prepared side by side.
Status provide_chains(Plan& plan, Images& images) {
  std::vector<WantedImage> wanted;
  for (const TargetPlan& target : plan.targets)
    if (target.chain) wanted.push_back({target.target.name, *target.chain});
  if (wanted.empty()) return {};
  auto provided = images.provide(wanted, plan.machine.debian_arch, plan.workspace.settings);
  if (!provided) return fail(with_own_tools_named(plan, std::move(provided.error())));
  auto next = provided->begin();
  for (TargetPlan& target : plan.targets) {
    if (!target.chain) continue;
    TRY(set_image(plan, target, *next++));
  }
  return {};
}

/// Made on this machine, whichever engine builds on it. Targets may have the same.
Status hand_over_images(Plan& plan, Images& images) {
  std::map<std::string, std::string> handed;
  for (TargetPlan& target : plan.targets) {
    if (target.image.digest.empty()) continue;
    std::string& id = handed[target.image.digest];
    if (id.empty()) {
      TRY_ASSIGN(id, images.hand_over(*plan.engine.client, target.image, target.target.name, plan.machine.processor));
    }
    target.image.engine_id = id;
  }
  return {};
}

Status provide_emulators(Plan& plan, Images& images) {
  for (TargetPlan& target : plan.targets) {
    if (!target.emulator_chain) continue;
    TRY_ASSIGN(const auto provided, images.provide({{target.target.name, *target.emulator_chain}},
                                                   plan.machine.debian_arch, plan.workspace.settings));
    target.emulator_volume = provided.front().volume;
  }
  return {};
}

}  // namespace

Result<Plan> provide(Plan plan, Images& images) {
  if (plan.engine.has_own_image() && !images.looks_only()) TRY(pull_image(plan));
  images.need(plan.needed_chains);
  TRY(provide_chains(plan, images));
  if (plan.engine.gets_images) TRY(hand_over_images(plan, images));
  TRY(provide_emulators(plan, images));
  return plan;
}

}  // namespace larder::builds
