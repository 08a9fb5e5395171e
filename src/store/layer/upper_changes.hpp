#pragma once

#include <string>
#include <vector>

#include "store/store.hpp"

namespace larder::store {

/// Whether an upper (a directory relative to the store) holds anything that the layers below do not: build tools
/// open lock files for writing, which copies them up unchanged. Another mode or user attribute is a change. A file
/// whose path matches one of `rewritten` (globs) and whose content is that below is no change either, whatever its
/// mtime. Looks at a few hundred entries at most and then answers yes, so its cost does not grow with the change.
Result<bool> has_changes(const Store& store, const std::string& upper, const std::vector<std::string>& layers,
                         const std::vector<std::string>& rewritten);

}  // namespace larder::store
