#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/branch/lease.hpp"
#include "store/space/collect.hpp"
#include "store/space/footprint.hpp"

namespace larder::store {

/// An inventory lists everything in the store by what it is for: which volume, which running transaction, or nothing.
/// It has the `Footprint` for the sizes. While it lives no layer is collected.
struct Inventory {
  struct Volume {
    VolumeKey key;
    std::optional<Generation> current;  ///< none: nothing that a build can use, as after a power cut, or damaged
    std::optional<Error> damage;
    Reachable parts;  ///< what the collector keeps for it
    int64_t last_used_seconds = 0;
    std::string used_by;  ///< the holder of a living transaction; else empty
  };

  /// Makes the list, with one look at every file.
  static Result<Inventory> take(const Store& store);

  /// The parts of the store that living transactions are.
  std::vector<std::string> running_parts() const;

  FileLock lock;
  Leases leases;
  std::vector<Volume> volumes;
  Footprint footprint;
  std::vector<std::string> garbage;  ///< parts that the next `collect` throws away
};

}  // namespace larder::store
