#pragma once

#include <string>
#include <vector>

#include "builds/output/find_results.hpp"
#include "builds/plan/plan.hpp"
#include "builds/watch/progress.hpp"
#include "store/store.hpp"

namespace larder::builds {

/// What a build has delivered.
struct Results {
  std::vector<Artifact> artifacts;  ///< sorted by path
  std::vector<std::string> notes;   ///< for people: what was left out, or that there is nothing, and why
};

/// Finds the results of a good build, checks programs and libraries against the target, and copies what is new to the
/// target's output folder on the host, owned by the caller. What an earlier build of the same kind has put there and
/// this one has not made is removed, unless it was changed. A binary of another machine is an error, unless the recipe
/// allows helpers and a right result is there too.
Result<Results> deliver_results(const Plan& plan, const TargetPlan& target, const store::Store& store,
                                const BuildOutput& output);

}  // namespace larder::builds
