#include "store/space/usage.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "store/branch/ref.hpp"
#include "store/layer/disk_usage.hpp"
#include "store/layer/merged_tree.hpp"
#include "store/space/inventory.hpp"

namespace larder::store {
namespace {

struct Logical {
  uint64_t files = 0;
  uint64_t bytes = 0;
};

/// Files and directories that volumes show, and what they take on disk.
struct Shown {
  std::set<std::pair<dev_t, ino_t>> inodes;
  uint64_t disk_bytes = 0;

  void add(const struct stat& status) {
    if (inodes.emplace(status.st_dev, status.st_ino).second) disk_bytes += store::disk_bytes(status);
  }
};

Result<Logical> logical_size(const Store& store, const std::vector<std::string>& layers, Shown& shown) {
  Logical logical;
  TRY_ASSIGN(const MergedTree merged, MergedTree::open(store, layer_roots(layers)));
  const Status walked = merged.walk([&](const MergedEntry& entry) -> Status {
    shown.add(entry.status);
    if (S_ISDIR(entry.status.st_mode)) return {};
    ++logical.files;
    logical.bytes += static_cast<uint64_t>(entry.status.st_size);
    return {};
  });
  if (!walked && walked.error().sys_errno != EACCES) return fail(walked.error());  // opened when it is settled
  return logical;
}

/// The bytes that a layer takes for its own folders and its manifest, without the entries of its tree.
Result<uint64_t> frame_bytes(const Store& store, const std::string& layer) {
  uint64_t bytes = 0;
  for (const char* name : {"", "/tree", "/manifest"}) {
    TRY_ASSIGN(const auto status, store.os().stat(store.dir(), layer + name));
    if (status) bytes += disk_bytes(*status);
  }
  return bytes;
}

class Measurement {
 public:
  Measurement(const Store& store, Inventory inventory) : store_(store), inventory_(std::move(inventory)) {}

  Result<StoreUsage> run() {
    TRY(read_volumes());
    measure_volumes();
    for (VolumeUsage& volume : usage_.volumes) TRY(measure_content(volume));
    TRY(measure_parts());
    return std::move(usage_);
  }

 private:
  Footprint& space() { return inventory_.footprint; }

  Status read_volumes() {
    for (Inventory::Volume& one : inventory_.volumes) {
      if (one.damage) usage_.damaged.push_back(std::move(*one.damage));
      if (!one.current) continue;
      TRY_ASSIGN(const auto settled, read_ref(store_, one.key, RefName::settled));
      VolumeUsage volume;
      volume.settled = settled == one.current->id;
      volume.generation = std::move(*one.current);
      volume.last_used_seconds = one.last_used_seconds;
      volume.used_by = one.used_by;
      for (const std::string& layer : volume.generation.layers) users_[layer].insert(usage_.volumes.size());
      usage_.volumes.push_back(std::move(volume));
    }
    return {};
  }

  void measure_volumes() {
    for (const auto& [layer, users] : users_) {
      layers_.push_back(layer_part(layer));
      if (users.size() > 1) shared_layers_.push_back(layers_.back());
    }
    for (size_t number = 0; number < usage_.volumes.size(); ++number) measure_volume(number);
  }

  void measure_volume(size_t number) {
    VolumeUsage& volume = usage_.volumes[number];
    std::vector<std::string> all;
    std::vector<std::string> shared;
    std::set<std::string> others;
    for (const std::string& layer : volume.generation.layers) {
      const auto& users = users_.at(layer);
      all.push_back(layer_part(layer));
      if (users.size() > 1) shared.push_back(layer_part(layer));
      for (const size_t user : users)
        if (user != number) others.insert(name_beside(volume, usage_.volumes[user]));
    }
    volume.disk_bytes = space().bytes_of(all);
    volume.shared_bytes = space().bytes_of(shared);
    volume.shared_with.assign(others.begin(), others.end());
  }

  /// A name that tells another volume from this one.
  static std::string name_beside(const VolumeUsage& volume, const VolumeUsage& other) {
    constexpr size_t variant_letters = 8;
    const VolumeKey& key = other.generation.spec.key;
    if (key.name() != volume.generation.spec.key.name()) return key.name();
    return key.name() + "@" + key.variant().substr(0, variant_letters);
  }

  Status measure_content(VolumeUsage& volume) {
    const auto known = logical_.find(volume.generation.layers);
    if (known == logical_.end()) {
      TRY_ASSIGN(logical_[volume.generation.layers], logical_size(store_, volume.generation.layers, shown_));
    }
    volume.files = logical_.at(volume.generation.layers).files;
    volume.logical_bytes = logical_.at(volume.generation.layers).bytes;
    return {};
  }

  uint64_t take_away(const std::vector<std::string>& parts) {
    uint64_t bytes = 0;
    for (const std::string& part : parts) bytes += space().remove(part);
    return bytes;
  }

  std::vector<std::string> past_layers() {
    const std::set<std::string> current(layers_.begin(), layers_.end());
    std::vector<std::string> past;
    for (const std::string& part : space().parts())
      if (part.starts_with("layers/") && current.count(part) == 0) past.push_back(part);
    return past;
  }

  /// A file with several links belongs to the part that goes last.
  Status measure_parts() {
    usage_.disk_bytes = space().bytes();
    usage_.shared_bytes = space().bytes_of(shared_layers_);
    usage_.reclaimable_bytes = take_away(inventory_.garbage);
    usage_.running_bytes = take_away(inventory_.running_parts());
    usage_.history_bytes = take_away(past_layers());
    usage_.layer_bytes = take_away(layers_);
    usage_.other_bytes = space().bytes();
    usage_.current_bytes = shown_.disk_bytes;
    for (const std::string& layer : layers_) {
      TRY_ASSIGN(const uint64_t bytes, frame_bytes(store_, layer));
      usage_.current_bytes += bytes;
    }
    usage_.current_bytes = std::min(usage_.current_bytes, usage_.layer_bytes);  // a build may have opened a folder
    usage_.history_bytes += usage_.layer_bytes - usage_.current_bytes;
    return {};
  }

  const Store& store_;
  Inventory inventory_;
  StoreUsage usage_;
  std::map<std::string, std::set<size_t>> users_;  ///< which of the volumes have a layer
  std::vector<std::string> layers_;                ///< as parts of the store
  std::vector<std::string> shared_layers_;
  std::map<std::vector<std::string>, Logical> logical_;
  Shown shown_;
};

}  // namespace

Result<StoreUsage> measure_usage(const Store& store) {
  TRY_ASSIGN(Inventory inventory, Inventory::take(store));
  return Measurement(store, std::move(inventory)).run();
}

}  // namespace larder::store
