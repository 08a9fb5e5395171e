#pragma once

#include <set>
#include <string>

#include "store/branch/generation.hpp"

namespace larder::builds {

/// Deletes these paths, which the volume's layers have, in the upper of a build that has not begun yet. One may lie
/// below another.
Status cut_from_volume(const store::Store& store, const store::Generation& base, const std::string& upper,
                       const std::set<std::string>& paths);

}  // namespace larder::builds
