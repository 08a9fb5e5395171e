#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "store/branch/lease.hpp"
#include "store/branch/ref.hpp"

namespace larder::store {

/// The parts of the store that something needs: paths of layers, generations and source records, relative to the store.
using Reachable = std::set<std::string>;

/// The path of a layer as a part of the store.
std::string layer_part(const std::string& layer);
/// The path of a generation as a part of the store.
std::string generation_part(const std::string& id);
/// The path of a source record as a part of the store.
std::string source_part(const std::string& record);
/// Adds the generation, its source record and its layers.
void add_parts(const Generation& generation, Reachable& reachable);

/// The parts that a volume's refs reach, with the past that is kept.
Result<Reachable> reachable_from(const Store& store, const VolumeKey& key);

/// The parts that all volumes' refs and these leases reach: a collection keeps no others. The caller holds the store's
/// lock.
Result<Reachable> reachable_parts(const Store& store, const Leases& leases);

/// Throws away what nothing needs any more: layers and generations that no ref and no living transaction reaches,
/// and the transactions of processes that are gone. They are renamed to trash/ under the store's lock; deleting
/// comes after it. Gives the bytes of disk freed.
Result<uint64_t> collect(const Store& store);

/// Removes the logs of all builds, where no build runs.
Status remove_logs(const Store& store);

}  // namespace larder::store
