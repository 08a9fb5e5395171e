#pragma once

#include <vector>

#include "base/file_lock.hpp"
#include "store/space/prune.hpp"
#include "store/store.hpp"
#include "store/volume.hpp"

namespace larder::store {

/// Does the work that follows a commit and that no build waits for: settle, flatten, settle what was flattened, prune,
/// collect. One
/// process of a store does it at a time; a second one that would wait behind a waiting one returns at once, because
/// that one will see its commit too.
Status upkeep(const Store& store, const Limits& limits = {});

/// Settles and prunes for a user who waits for it, after any upkeep that is going on.
Result<PrunePlan> prune_now(const Store& store, const Limits& limits);

/// Whether killed processes or many builds without changes have left something to do: one of these volumes unsettled,
/// a transaction, much in the trash. A glance, not a walk.
Result<bool> has_leftovers(const Store& store, const std::vector<VolumeKey>& keys);

/// Starts an `upkeep` in a background process of its own session, at low priority; its errors are met again, and
/// reported, by the next foreground upkeep. The caller must be single-threaded.
void start_upkeep(const Store& store, const Limits& limits = {});

}  // namespace larder::store
