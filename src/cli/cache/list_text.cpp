#include "cli/cache/list_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/cache/text.hpp"
#include "cli/cache/volume.hpp"
#include "cli/json.hpp"
#include "cli/view/view_text.hpp"

namespace larder::cli {
namespace {

using nlohmann::json;
using store::VolumeUsage;

std::string shared_text(const VolumeUsage& volume) {
  if (volume.shared_with.empty()) return "-";
  const size_t more = volume.shared_with.size() - 1;
  std::string text = fmt::format("{} with {}", format_bytes(volume.shared_bytes), volume.shared_with.front());
  return more == 0 ? text : text + fmt::format(" and {} more", more);
}

const char* volume_state(const VolumeUsage& volume) {
  if (!volume.used_by.empty()) return "in use";
  return volume.generation.empty() ? "created" : "populated";
}

std::string state_text(const VolumeUsage& volume) {
  if (volume.used_by.empty()) return volume_state(volume);
  return "in use by " + clean_line(volume.used_by, {});
}

/// Images of one base have one name, and are told apart by their digests.
std::string shown_name(const std::vector<VolumeUsage>& volumes, const VolumeUsage& volume) {
  const store::VolumeKey& key = volume.generation.spec.key;
  const auto count = std::count_if(volumes.begin(), volumes.end(), [&](const VolumeUsage& other) {
    return other.generation.spec.key.name() == key.name();
  });
  const bool is_image = volume.generation.spec.volume_class == store::VolumeClass::image;
  return is_image && count > 1 ? name_with_variant(key) : key.name();
}

}  // namespace

std::string format_volumes(const std::vector<VolumeUsage>& volumes, int64_t now_seconds) {
  Rows rows = {{"NAME", "TARGET", "PATH", "SIZE", "SHARED", "LAST USED", "STATE"}};
  for (const VolumeUsage& volume : volumes) {
    const store::VolumeSpec& spec = volume.generation.spec;
    rows.push_back({shown_name(volumes, volume), spec.target, spec.mount_path, format_bytes(volume.disk_bytes),
                    shared_text(volume), format_age(volume.last_used_seconds, now_seconds), state_text(volume)});
  }
  align_right(rows, 3);
  return format_table(rows);
}

json volumes_to_json(const std::vector<VolumeUsage>& volumes) {
  json list = json::array();
  for (const VolumeUsage& volume : volumes) {
    list.push_back(spec_to_json(volume.generation.spec));
    list.back().update({{"state", volume_state(volume)},
                        {"used_by", volume.used_by},
                        {"settled", volume.settled},
                        {"files", volume.files},
                        {"logical_bytes", volume.logical_bytes},
                        {"size_bytes", volume.disk_bytes},
                        {"shared_bytes", volume.shared_bytes},
                        {"shared_with", volume.shared_with},
                        {"changed_at", time_to_json(volume.generation.created_seconds)},
                        {"last_used_at", time_to_json(volume.last_used_seconds)}});
  }
  return list;
}

}  // namespace larder::cli
