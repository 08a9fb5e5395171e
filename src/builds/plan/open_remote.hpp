#pragma once

#include "builds/plan/remote_plan.hpp"
#include "builds/plan/workspace.hpp"
#include "share/remote.hpp"

namespace larder::builds {

/// Opens the plan's repository for the volumes of a project on its branch. The remote has no private key.
/// ErrorCode::usage where the repository is none, ErrorCode::environment where there is no skopeo.
Result<share::Remote> open_remote(const RemotePlan& plan, const Workspace& workspace);

}  // namespace larder::builds
