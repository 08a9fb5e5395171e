#pragma once

#include <optional>
#include <vector>

#include "builds/run/context.hpp"
#include "builds/run/remote_pull.hpp"

namespace larder::builds {

/// How a whole build ended.
struct BuildResult {
  std::vector<TargetResult> targets;
  std::optional<TargetResult> fetch = {};  ///< no value when nothing had to be fetched
  bool interrupted = false;
  PullReport pull = {};  ///< what came from a registry before
};

/// Does what the plan says: one fetch phase for all targets if something must be fetched, then the builds side by
/// side within one job budget, each in a transaction of its own. An Error is something that concerns them all;
/// what concerns one target stands in its result.
Result<BuildResult> run_build(const Plan& plan, const VolumeHome& home, engine::Engine& engine, Progress& progress,
                              const RunOptions& options);

}  // namespace larder::builds
