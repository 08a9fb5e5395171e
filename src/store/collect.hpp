#pragma once

#include <cstdint>
#include <vector>

#include "store/ref.hpp"

namespace larder::store {

/// Throws away what nothing needs any more: layers and generations that no ref and no living transaction reaches,
/// and the transactions of processes that are gone. They are renamed to trash/ under the store's lock; deleting
/// comes after it. Gives the bytes of disk freed.
Result<uint64_t> collect(const Store& store);

/// Makes the volumes empty: the next build starts from nothing. All of them or, when one is in use, none: the error
/// then says by whom. Durable. The disk space comes back with the next `collect`.
Status clean(const Store& store, const std::vector<VolumeKey>& keys);

}  // namespace larder::store
