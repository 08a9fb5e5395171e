#pragma once

#include <cstdint>
#include <string>

#include "base/os.hpp"

namespace larder::bench {

/// A made-up tree of build results: `files` files of equal size, a hundred in each folder.
struct TreeShape {
  int files = 0;
  uint64_t bytes = 0;
};

/// Writes it beneath `folder`, which is made where it is missing. The contents cannot be compressed and differ from
/// one `seed` to the next, as those of two compilations do.
Status write_tree(Os& os, const std::string& folder, const TreeShape& shape, uint64_t seed);

/// Reads and hashes every file of it once.
Status hash_tree(Os& os, const std::string& folder, const TreeShape& shape);

}  // namespace larder::bench
