#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/view/screen.hpp"
#include "store/space/usage.hpp"

namespace larder::cli {

/// What `format_table` takes.
using Rows = std::vector<std::vector<std::string>>;

/// Numbers are compared from their ends.
void align_right(Rows& rows, size_t column);

/// "in use", "populated" or "created" (it exists and is empty).
const char* volume_state(const store::VolumeUsage& volume);

/// A line per volume under a line of headings; `now_seconds` since 1970.
std::string format_volumes(const std::vector<store::VolumeUsage>& volumes, int64_t now_seconds);
nlohmann::json volumes_to_json(const std::vector<store::VolumeUsage>& volumes);

struct TargetUsage {
  std::string target;
  uint64_t volumes = 0;
  uint64_t files = 0;
  uint64_t logical_bytes = 0;
  uint64_t disk_bytes = 0;  ///< what several of its volumes have counts once
};

struct CacheStats {
  std::string path;
  store::StoreUsage usage;
  std::vector<TargetUsage> targets;

  TargetUsage total() const;  ///< `disk_bytes` is that of all volumes, each file once
  /// What one copy more for each volume that shares would take.
  uint64_t saved_bytes() const;
};

std::string format_stats(const CacheStats& stats);
nlohmann::json stats_to_json(const CacheStats& stats);

/// A bar for each of the largest volumes, for comparison; empty where the terminal is too narrow or nothing is stored.
std::string format_chart(const std::vector<store::VolumeUsage>& volumes, const Screen& screen);

/// "1 volume", "8 volumes"
std::string count_volumes(size_t count);

}  // namespace larder::cli
