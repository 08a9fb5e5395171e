#pragma once

#include <vector>

#include "store/branch/ref.hpp"

namespace larder::store {

/// Makes the volumes empty: the next build starts from nothing. All of them or, when one is in use, none: the error
/// then says by whom. Durable. The disk space comes back with the next `collect`.
Status clean(const Store& store, const std::vector<VolumeKey>& keys);

}  // namespace larder::store
