#pragma once

#include <string>
#include <vector>

#include "store/branch/generation.hpp"

namespace larder::builds {

/// How one image's root filesystem differs from another's, but for times and for what package managers write of
/// themselves (logs, caches, locks). Paths are relative to the root and sorted.
struct ImageChange {
  std::vector<std::string> added;  ///< files that the other does not have
  std::vector<std::string> other;  ///< files and folders that are other ones, or gone

  bool none() const { return added.empty() && other.empty(); }
};

/// Whether two images stand on one base. If not, to compare them takes seconds.
bool share_a_layer(const store::Generation& a, const store::Generation& b);

/// Compares two images that the store has. Only what stands in the layers that they do not have in common is looked
/// at. A folder that hides all that lies below it counts as another one.
Result<ImageChange> compare_images(const store::Store& store, const store::Generation& before,
                                   const store::Generation& now);

}  // namespace larder::builds
