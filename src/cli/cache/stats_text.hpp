#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/view/screen.hpp"
#include "store/space/usage.hpp"

namespace larder::cli {

/// What the volumes of one target hold and take.
struct TargetUsage {
  std::string target;
  uint64_t volumes = 0;
  uint64_t files = 0;
  uint64_t logical_bytes = 0;
  uint64_t disk_bytes = 0;  ///< what several of its volumes have counts once
};

/// What the store takes, in all and by target.
struct CacheStats {
  std::string path;
  store::StoreUsage usage;
  std::vector<TargetUsage> targets;

  /// The sums of all targets; `disk_bytes` is that of all volumes, each file once.
  TargetUsage total() const;
  /// What one copy more for each volume that shares would take.
  uint64_t saved_bytes() const;
};

/// The stats as two tables: a line per target, and a line per part of the store.
std::string format_stats(const CacheStats& stats);

/// The stats as JSON; docs/commands/cache.md has the names of the fields.
nlohmann::json stats_to_json(const CacheStats& stats);

/// A bar for each of the largest volumes, for comparison; empty where the terminal is too narrow or nothing is stored.
std::string format_chart(const std::vector<store::VolumeUsage>& volumes, const Screen& screen);

}  // namespace larder::cli
