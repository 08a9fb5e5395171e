#pragma once

#include <string>
#include <vector>

#include "builds/plan/plan.hpp"
#include "source/walk.hpp"
#include "store/store.hpp"

namespace larder::builds {

/// What one target's build has written into the source tree, in the layers of its volume.
struct SourceWrites {
  std::string target;
  std::vector<std::string> paths;
  std::vector<std::string> layers;  ///< lowest first
};

/// Puts into the project what `[workspace] bring_back` allows, where all targets have written the same, over what
/// `walk` has seen there. Gives notes for people: what was not written and why, and in one note what stays in the
/// volumes.
Result<std::vector<std::string>> bring_back_writes(const Plan& plan, const store::Store& store,
                                                   const source::Walk& walk, const std::vector<SourceWrites>& writes);

}  // namespace larder::builds
