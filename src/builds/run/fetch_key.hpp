#pragma once

#include <string>
#include <vector>

#include "builds/plan/plan.hpp"
#include "builds/run/project_state.hpp"
#include "builds/run/volume_home.hpp"

namespace larder::builds {

/// A digest of the files that say what must be fetched: of their paths and contents. A fetch is necessary when it has
/// changed, and only then.
std::string fetch_key(const Plan& plan, const VolumeHome& home, const ProjectState& project);

/// Whether one of the words of the recipe's fetch stands in one of its inputs, or it has no words: else the project has
/// nothing that must be fetched.
Result<bool> has_something_to_fetch(const Plan& plan, const VolumeHome& home, const ProjectState& project);

/// Whether something must be fetched for any of the plan's targets: another key than at the last fetch, or a
/// download volume that no longer has what it had then.
Result<bool> needs_fetch(const Plan& plan, const VolumeHome& home, ProjectWatch& project);

/// Notes that all targets have been fetched for the project as it was when the fetch began, and with the files that the
/// fetch has brought back as `now` has them. What was edited meanwhile makes another fetch necessary.
Status note_fetched(const Plan& plan, const VolumeHome& home, const ProjectState& before, const ProjectState& now);

/// Of the target's download volumes those that a fetch for the same project has left empty, on this image or another:
/// by name. Sorted.
Result<std::vector<std::string>> left_empty(const TargetPlan& target, const store::Store& store);

/// Removes the note of the target's last fetch, so that the next build fetches again.
Status forget_fetched(const TargetPlan& target, const store::Store& store);

}  // namespace larder::builds
