#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/branch/history.hpp"

namespace larder::store {

/// How much the store may keep.
struct Limits {
  Retention retention;
  std::optional<uint64_t> max_bytes;       ///< of the whole store, as du counts
  std::optional<int64_t> max_age_seconds;  ///< since a volume's last use
};

/// Why a volume goes.
enum class Reason {
  age,  ///< no build has used it for max_age
  size  ///< max_bytes
};

const char* to_string(Reason reason);

/// The oldest part of a volume's past, which goes.
struct HistoryCut {
  VolumeKey key;
  std::string newest;
  std::string oldest;      ///< the last that stays
  size_t generations = 0;  ///< how many go
};

/// A volume that goes with all its past.
struct Eviction {
  VolumeSpec spec;
  std::string newest;
  Reason reason = Reason::age;
  uint64_t freed_bytes = 0;
  double rebuild_seconds = 0;
  int64_t last_used_seconds = 0;
};

/// A volume that cannot go because of its holder.
struct InUse {
  VolumeKey key;
  std::string holder;
};

/// A plan of what goes so that the store keeps to its limits, in this order.
struct PrunePlan {
  std::vector<HistoryCut> history;
  std::vector<Eviction> volumes;
  std::vector<InUse> in_use;  ///< what keeps the store above max_bytes
  uint64_t before_bytes = 0;  ///< of the whole store
  uint64_t after_bytes = 0;
  double rebuild_seconds = 0;  ///< how much longer the next builds take

  size_t generations() const;  ///< of `history`, all together
  uint64_t freed_bytes() const { return before_bytes > after_bytes ? before_bytes - after_bytes : 0; }
};

/// Plans what goes: first the past beyond the retention, then volumes not used for max_age, then, while the store is
/// larger than max_bytes, the oldest of all the past, and at last volumes: first those with the least building for the
/// space that they alone take, of equals the one that has not been used for longest. What a `collect` frees counts as
/// free. Volumes in use stay. Changes nothing. `now_seconds` since 1970.
Result<PrunePlan> plan_prune(const Store& store, const Limits& limits, int64_t now_seconds);

/// Does what the plan says, but for volumes that a process uses or has used meanwhile, and collects. Gives what was
/// done, with the store's size after it. A crash leaves each volume as it was, or gone.
Result<PrunePlan> prune(const Store& store, const PrunePlan& plan);

/// Plans and prunes until the store keeps to its limits, or nothing more can go. Unsettled volumes keep their past.
Result<PrunePlan> enforce(const Store& store, const Limits& limits, int64_t now_seconds);

}  // namespace larder::store
