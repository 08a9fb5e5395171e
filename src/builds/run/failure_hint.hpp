#pragma once

#include <string>
#include <vector>

#include "builds/plan/plan.hpp"

namespace larder::builds {

/// What failed: a phase of a target's build.
struct FailedPhase {
  std::string name;   ///< "build" or "fetch"
  std::string image;  ///< what it ran on: "host", "debian", "container" or "other"
  config::Target target;
  config::Target machine;
};

FailedPhase failed_phase(const Plan& plan, const TargetPlan& target, const std::string& name);

/// What to do about a phase that failed, where its output tells: that one of the target's tools is not in the image, or
/// what hints.toml has; else empty. One thing, the likeliest.
std::string failure_hint(const FailedPhase& failed, const std::vector<std::string>& lines);

/// The last lines of a log, at most 128 KiB of it; none where it cannot be read.
std::vector<std::string> end_of_log(const std::string& path);

}  // namespace larder::builds
