#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "builds/plan/plan.hpp"

namespace larder::builds {

/// Plans a build of the project as it stands, without a wish of the caller's, started in this folder.
using PlanFrom = std::function<Result<Plan>(const std::string& start)>;

/// The chains that larder.lock in the folder `settings` is to pin, from whichever folder of the project somebody
/// builds: those of a build that starts in `settings`, and of those that start where a file below it names another
/// toolchain, or, where no recipe fits `settings` itself, where one fits. No value where nobody can tell: one of these
/// builds cannot be planned, has its image from a container engine, or there are too many folders.
std::optional<std::vector<image::Chain>> chains_of_project(const std::string& settings, const PlanFrom& plan_from);

}  // namespace larder::builds
