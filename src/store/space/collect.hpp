#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "store/branch/ref.hpp"

namespace larder::store {

/// Paths of layers and generations, relative to the store.
using Reachable = std::set<std::string>;

std::string layer_part(const std::string& layer);
std::string generation_part(const std::string& id);
void add_parts(const Generation& generation, Reachable& reachable);

/// What a volume's refs reach, with the past that is kept.
Result<Reachable> reachable_from(const Store& store, const VolumeKey& key);

/// Throws away what nothing needs any more: layers and generations that no ref and no living transaction reaches,
/// and the transactions of processes that are gone. They are renamed to trash/ under the store's lock; deleting
/// comes after it. Gives the bytes of disk freed.
Result<uint64_t> collect(const Store& store);

/// Moves layers that nothing reaches any more to quarantine/, where they stay for whoever wants to know what happened
/// to them. Those that something reaches stay where they are.
Status quarantine(const Store& store, const std::set<std::string>& layers);

}  // namespace larder::store
