#pragma once

#include <string>

#include "base/os.hpp"

namespace larder::source {

/// What `git describe` goes by, as one digest: the commit that is checked out, and the tags. The same in every clone
/// and worktree at the same commit with the same tags; empty where the folder (absolute) is not the top of a
/// repository.
std::string git_state(Os& os, const std::string& folder);

}  // namespace larder::source
