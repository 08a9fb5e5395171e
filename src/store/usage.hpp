#pragma once

#include <cstdint>
#include <vector>

#include "store/generation.hpp"

namespace larder::store {

struct VolumeUsage {
  Generation generation;
  uint64_t files = 0;                    ///< as a build sees them
  uint64_t logical_bytes = 0;            ///< sum of their sizes
  uint64_t disk_bytes = 0;               ///< blocks of the volume's layers, shared or not
  uint64_t shared_bytes = 0;             ///< the part of disk_bytes in layers that other volumes have too
  std::vector<std::string> shared_with;  ///< the names of those volumes, sorted
  int64_t last_used_seconds = 0;
  bool settled = false;
  std::string used_by;  ///< the holder of a living transaction; else empty
};

struct StoreUsage {
  std::vector<VolumeUsage> volumes;
  uint64_t disk_bytes = 0;   ///< blocks of everything in the store, each file once, as du counts
  uint64_t layer_bytes = 0;  ///< the part of it that volumes hold
};

/// Measures by looking at every file.
Result<StoreUsage> measure_usage(const Store& store);

}  // namespace larder::store
