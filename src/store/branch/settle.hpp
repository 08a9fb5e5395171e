#pragma once

#include "store/branch/ref.hpp"

namespace larder::store {

/// Makes what this volume's `current` reaches durable: hashes layers that have no manifest yet, syncs the file
/// system once, writes the manifests, and only then moves `settled`. Does nothing for a settled volume. Killed at
/// any point, it is simply done again. A failed sync is reported and `settled` stays where it was; it is never tried
/// again for the same data: a new era begins (store/era.hpp), without all that is not settled in the whole store.
Status settle(const Store& store, const VolumeKey& key);

/// Settles every volume. All are tried; the first error is returned.
Status settle_all(const Store& store);

}  // namespace larder::store
