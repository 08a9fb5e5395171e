#pragma once

#include <cstdint>
#include <vector>

#include "store/branch/generation.hpp"

namespace larder::store {

/// What one volume takes and who uses it, as people are shown it.
struct VolumeUsage {
  Generation generation;
  uint64_t files = 0;                    ///< as a build sees them
  uint64_t logical_bytes = 0;            ///< sum of their sizes
  uint64_t disk_bytes = 0;               ///< blocks of the volume's layers, shared or not
  uint64_t shared_bytes = 0;             ///< the part of disk_bytes in layers that other volumes have too
  std::vector<std::string> shared_with;  ///< the names of those volumes, sorted; NAME@VARIANT where it is this one's
  int64_t last_used_seconds = 0;
  bool settled = false;
  std::string used_by;  ///< the holder of a living transaction; else empty
};

/// What the store takes, as people are shown it: the `Inventory` summed up by what the bytes are for. In bytes of
/// blocks as du counts, each file once. All that is in the store is in one of the parts: in what volumes show now, else
/// in their past, else in what running builds write, else in what can be reclaimed, else in the rest.
struct StoreUsage {
  std::vector<VolumeUsage> volumes;
  std::vector<Error> damaged;      ///< why other volumes cannot be shown; what they take counts as past
  uint64_t disk_bytes = 0;         ///< everything in the store
  uint64_t current_bytes = 0;      ///< of it: what volumes show now
  uint64_t history_bytes = 0;      ///< what only their past takes, also where it lies in layers of the current state
  uint64_t running_bytes = 0;      ///< what running builds have written so far
  uint64_t reclaimable_bytes = 0;  ///< what the next `collect` frees
  uint64_t other_bytes = 0;        ///< records, logs, folders
  uint64_t layer_bytes = 0;        ///< all layers of the volumes' current states
  uint64_t shared_bytes = 0;       ///< the part of layer_bytes in layers that several volumes have
};

/// Measures the whole store by looking at every file.
Result<StoreUsage> measure_usage(const Store& store);

}  // namespace larder::store
