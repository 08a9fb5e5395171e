#include "cli/cache/stats_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/cache/text.hpp"
#include "cli/view/bar.hpp"

namespace larder::cli {
namespace {

using nlohmann::json;
using store::VolumeUsage;

constexpr size_t bars_max = 12;

json to_json(const TargetUsage& usage) {
  return {{"volumes", usage.volumes},
          {"files", usage.files},
          {"logical_bytes", usage.logical_bytes},
          {"disk_bytes", usage.disk_bytes}};
}

std::vector<std::string> row_of(const TargetUsage& usage) {
  return {usage.target, std::to_string(usage.volumes), std::to_string(usage.files), format_bytes(usage.logical_bytes),
          format_bytes(usage.disk_bytes)};
}

/// The store's parts, which add up to what is on disk.
std::string format_parts(const CacheStats& stats) {
  const store::StoreUsage& usage = stats.usage;
  const std::string shared = usage.shared_bytes > 0 ? ", " + format_bytes(usage.shared_bytes) + " of it shared" : "";
  Rows rows = {
      {"on disk", format_bytes(usage.disk_bytes), "in " + stats.path},
      {"  volumes", format_bytes(usage.current_bytes), "what builds start from" + shared},
      {"  history", format_bytes(usage.history_bytes), "earlier states of volumes"},
      {"  running", format_bytes(usage.running_bytes), "what running builds have written so far"},
      {"  reclaimable", format_bytes(usage.reclaimable_bytes), "what nothing needs; goes after the next build"},
      {"  else", format_bytes(usage.other_bytes), "records, logs, folders"},
      {"saved", format_bytes(stats.saved_bytes()), "by storing once what volumes share"}};
  align_right(rows, 1);
  return format_table(rows);
}

struct Bar {
  std::string label;
  uint64_t own_bytes = 0;
  uint64_t shared_bytes = 0;

  uint64_t bytes() const { return own_bytes + shared_bytes; }
};

/// Largest first; those beyond bars_max are left to one line.
std::vector<Bar> bars_of(const std::vector<VolumeUsage>& volumes) {
  std::vector<Bar> bars;
  for (const VolumeUsage& volume : volumes)
    if (volume.disk_bytes > 0)
      bars.push_back({volume.generation.spec.key.name(), volume.disk_bytes - volume.shared_bytes, volume.shared_bytes});
  std::stable_sort(bars.begin(), bars.end(), [](const Bar& a, const Bar& b) { return a.bytes() > b.bytes(); });
  return bars;
}

/// Padded to `width` columns; whatever is not empty shows.
std::string draw_volume(const Bar& bar, uint64_t largest, size_t width, const Screen& screen) {
  const auto part = [&](uint64_t bytes) {
    const double share = static_cast<double>(bytes) / static_cast<double>(largest);
    return static_cast<size_t>(share * static_cast<double>(width) + 0.5);
  };
  const size_t length = std::max<size_t>(part(bar.bytes()), 1);
  const size_t own = std::min(part(bar.own_bytes), length);
  return draw_bar(own, length - own, screen) + std::string(width - length, ' ');
}

}  // namespace

TargetUsage CacheStats::total() const {
  TargetUsage all{"in all", usage.volumes.size(), 0, 0, usage.layer_bytes};
  for (const TargetUsage& target : targets) {
    all.files += target.files;
    all.logical_bytes += target.logical_bytes;
  }
  return all;
}

uint64_t CacheStats::saved_bytes() const {
  uint64_t separate = 0;
  for (const VolumeUsage& volume : usage.volumes) separate += volume.disk_bytes;
  return separate > usage.layer_bytes ? separate - usage.layer_bytes : 0;
}

std::string format_stats(const CacheStats& stats) {
  Rows rows = {{"TARGET", "VOLUMES", "FILES", "LOGICAL", "ON DISK"}};
  for (const TargetUsage& target : stats.targets) rows.push_back(row_of(target));
  rows.push_back(row_of(stats.total()));
  for (const size_t column : {1U, 2U, 3U, 4U}) align_right(rows, column);
  return format_table(rows) + "\n" + format_parts(stats);
}

json stats_to_json(const CacheStats& stats) {
  json targets = json::array();
  for (const TargetUsage& usage : stats.targets) {
    json target = to_json(usage);
    target["target"] = usage.target;
    targets.push_back(std::move(target));
  }
  const TargetUsage total = stats.total();
  return {{"store", stats.path},
          {"targets", targets},
          {"volumes", total.volumes},
          {"files", total.files},
          {"logical_bytes", total.logical_bytes},
          {"volumes_disk_bytes", stats.usage.layer_bytes},
          {"disk_bytes", stats.usage.disk_bytes},
          {"shared_bytes", stats.usage.shared_bytes},
          {"current_bytes", stats.usage.current_bytes},
          {"history_bytes", stats.usage.history_bytes},
          {"running_bytes", stats.usage.running_bytes},
          {"reclaimable_bytes", stats.usage.reclaimable_bytes},
          {"other_bytes", stats.usage.other_bytes},
          {"saved_bytes", stats.saved_bytes()}};
}

std::string format_chart(const std::vector<VolumeUsage>& volumes, const Screen& screen) {
  const std::vector<Bar> bars = bars_of(volumes);
  const size_t shown = std::min(bars.size(), bars_max);
  size_t label_columns = 0;
  for (size_t i = 0; i < shown; ++i) label_columns = std::max(label_columns, bars[i].label.size());
  const size_t other_columns = label_columns + 14;  // gaps, and a size such as "999.9 MB"
  const size_t width = bar_columns(other_columns, screen);
  if (bars.empty() || width == 0) return {};
  std::string chart = "\n";
  for (size_t i = 0; i < shown; ++i)
    chart += fmt::format("{:<{}}  {}  {:>8}\n", bars[i].label, label_columns,
                         draw_volume(bars[i], bars.front().bytes(), width, screen), format_bytes(bars[i].bytes()));
  if (bars.size() > shown) chart += fmt::format("and {} smaller\n", count_volumes(bars.size() - shown));
  const bool any_shared = std::any_of(bars.begin(), bars.end(), [](const Bar& bar) { return bar.shared_bytes > 0; });
  if (any_shared) chart += screen.unicode ? "█ its own  ░ shared with others\n" : "# its own  . shared with others\n";
  return chart;
}

}  // namespace larder::cli
