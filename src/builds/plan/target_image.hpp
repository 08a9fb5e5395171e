#pragma once

#include <string>
#include <vector>

#include "builds/plan/plan.hpp"
#include "config/target.hpp"
#include "image/chain.hpp"

namespace larder::builds {

/// Decides how the image of the plan's target is had, and the emulator of its programs, and plans the target on it.
Result<TargetPlan> plan_target(const Plan& plan, const config::Target& target);

/// The chains of this build, and of all targets that the project's own builds, tests and programs may be for. One that
/// cannot be told is none that larder.lock pins.
std::vector<image::Chain> find_own_chains(const Plan& plan, const config::TargetTable& table,
                                          const std::vector<std::string>& defaults);

/// Whether this machine's own tools would build what an image made of packages is wanted for: they are there for all
/// targets, and the project adds nothing to that image.
bool builds_on_host(const Plan& plan);

}  // namespace larder::builds
