#pragma once

#include <string>

#include "store/store.hpp"

namespace larder::store {

/// Gives the word for the store's present era: the time since the machine started, or since a sync of this store
/// failed. What was written in an earlier era and is not settled may be torn, whatever can be read of it: a power cut
/// loses it, and of what a failing disk did not take the kernel keeps a copy only for a while.
///
/// The word is the kernel's boot id, and after a failed sync in this boot `/` and a random id too.
Result<std::string> era(const Store& store);

/// Begins a new era after a sync has failed: what is not settled now, of any volume, is no longer used.
Status begin_era(const Store& store);

}  // namespace larder::store
