#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "builds/run/context.hpp"

namespace larder::builds {

/// What has come from a registry for one volume before a build.
struct PulledVolume {
  std::string volume;
  uint64_t pulled_bytes = 0;  ///< that were fetched
  uint64_t all_bytes = 0;     ///< of the whole state
  std::string commit;         ///< at which it was pushed; may be empty
};

/// What has come from a registry before a build.
struct PullReport {
  std::vector<PulledVolume> volumes;
  std::string note;  ///< why the build goes on without it, or with a part; empty: nothing is to be said
};

/// Pulls what these targets' builds would start from, where the plan's policy wants it and the registry was not asked
/// in the last ten minutes: of each compiled volume the state whose source record differs least from the project, where
/// none that is here differs less. A registry that fails is a note.
PullReport pull_for_builds(BuildContext& context, const std::vector<const TargetPlan*>& targets);

}  // namespace larder::builds
