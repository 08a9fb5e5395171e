#pragma once

#include "builds/run/context.hpp"

namespace larder::builds {

/// What progress, logs and results call the fetch phase.
inline constexpr const char* fetch_name = "fetch";

/// Runs the plan's fetch phase with the network, once for all targets, and notes what was fetched after a success.
/// Where the engine keeps the volumes itself, it runs once for each target. An Error is Larder's own failure; how the
/// command ended stands in the result.
Result<TargetResult> run_fetch(BuildContext& context);

}  // namespace larder::builds
