#pragma once

#include <vector>

#include "builds/plan/plan.hpp"
#include "builds/watch/progress.hpp"
#include "store/store.hpp"

namespace larder::builds {

/// Finds the finished binaries in the compiled volume (`roots`: directories relative to the store, lowest
/// first), checks each against the target and
/// copies those that are new to the target's output folder on the host, owned by the caller. A binary of another
/// machine is an error, unless the recipe allows helpers and a right one is there too.
Result<std::vector<Artifact>> deliver_artifacts(const Plan& plan, const TargetPlan& target, const store::Store& store,
                                                const std::vector<std::string>& roots);

}  // namespace larder::builds
