#pragma once

#include <string>

#include "builds/plan/plan.hpp"
#include "builds/run/volume_home.hpp"

namespace larder::builds {

/// The state of the files that say what must be fetched (names, sizes, times), as one digest. Changes to them, and
/// nothing else, make a fetch necessary.
std::string fetch_key(const Plan& plan, const VolumeHome& home);

/// Whether something must be fetched for any of the plan's targets: another key than at the last fetch, or a
/// download volume that no longer has what it had then.
Result<bool> needs_fetch(const Plan& plan, const VolumeHome& home);

/// Notes that all targets have been fetched in the project's present state.
Status note_fetched(const Plan& plan, const VolumeHome& home);

/// Makes the next build fetch again.
Status forget_fetched(const TargetPlan& target, const store::Store& store);

}  // namespace larder::builds
