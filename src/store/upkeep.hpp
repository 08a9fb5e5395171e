#pragma once

#include "store/store.hpp"

namespace larder::store {

/// What follows a commit and no build waits for: settle, flatten, settle what was flattened, collect. One process
/// of a store does it at a time; a second one that would wait behind a waiting one returns at once, because that one
/// will see its commit too.
Status upkeep(const Store& store);

/// The same in a background process of its own session, at idle priority; its errors are met again, and told, by
/// the next foreground upkeep. The caller must be single-threaded.
void start_upkeep(const Store& store);

}  // namespace larder::store
