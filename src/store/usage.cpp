#include "store/usage.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "store/disk_usage.hpp"
#include "store/ref.hpp"
#include "store/transaction.hpp"
#include "store/view.hpp"

namespace larder::store {
namespace {

struct Logical {
  uint64_t files = 0;
  uint64_t bytes = 0;
};

Result<Logical> logical_size(const Store& store, const std::vector<std::string>& layers) {
  Logical logical;
  TRY_ASSIGN(const View view, View::open(store, layer_roots(layers)));
  const Status walked = view.walk([&](const ViewEntry& entry) -> Status {
    if (S_ISDIR(entry.status.st_mode)) return {};
    ++logical.files;
    logical.bytes += static_cast<uint64_t>(entry.status.st_size);
    return {};
  });
  if (!walked && walked.error().sys_errno != EACCES) return fail(walked.error());  // opened when it is settled
  return logical;
}

class Measurement {
 public:
  explicit Measurement(const Store& store) : store_(store) {}

  Status read_volumes() {
    TRY_ASSIGN(const auto keys, list_volumes(store_));
    for (const VolumeKey& key : keys) {
      TRY_ASSIGN(auto generation, current_generation(store_, key));
      if (!generation) continue;
      TRY_ASSIGN(const auto settled, read_ref(store_, key, RefName::settled));
      VolumeUsage volume;
      volume.settled = settled == generation->id;
      volume.generation = std::move(*generation);
      TRY_ASSIGN(volume.last_used_seconds, last_used_seconds(store_, key));
      for (const std::string& layer : volume.generation.layers) users_[layer].insert(key.name);
      usage_.volumes.push_back(std::move(volume));
    }
    return {};
  }

  Status measure_layers() {
    DiskUsage all(store_);
    for (const auto& [layer, users] : users_) {
      TRY_ASSIGN(layer_bytes_[layer], DiskUsage(store_).add_layer(layer));
      TRY_ASSIGN(const uint64_t once, all.add_layer(layer));
      usage_.layer_bytes += once;
    }
    return {};
  }

  Status fill_volume(VolumeUsage& volume) {
    std::set<std::string> others;
    for (const std::string& layer : volume.generation.layers) {
      const auto& users = users_.at(layer);
      volume.disk_bytes += layer_bytes_.at(layer);
      if (users.size() > 1) volume.shared_bytes += layer_bytes_.at(layer);
      others.insert(users.begin(), users.end());
    }
    others.erase(volume.generation.spec.key.name);
    volume.shared_with.assign(others.begin(), others.end());
    const auto known = logical_.find(volume.generation.layers);
    if (known == logical_.end()) {
      TRY_ASSIGN(logical_[volume.generation.layers], logical_size(store_, volume.generation.layers));
    }
    volume.files = logical_.at(volume.generation.layers).files;
    volume.logical_bytes = logical_.at(volume.generation.layers).bytes;
    return {};
  }

  Status read_users() {
    TRY_ASSIGN(const FileLock lock, store_.lock(LockMode::exclusive));
    TRY_ASSIGN(leases_, read_leases(store_));
    return {};
  }

  void mark_users() {
    for (const LiveLease& lease : leases_.live)
      for (VolumeUsage& volume : usage_.volumes)
        if (std::find(lease.volumes.begin(), lease.volumes.end(), volume.generation.spec.key) != lease.volumes.end())
          volume.used_by = lease.holder;
  }

  Result<StoreUsage> run() {
    TRY(read_users());
    TRY_ASSIGN(const FileLock lock, store_.lock(LockMode::shared));  // no layer is collected meanwhile
    TRY(read_volumes());
    TRY(measure_layers());
    for (VolumeUsage& volume : usage_.volumes) TRY(fill_volume(volume));
    mark_users();
    TRY_ASSIGN(usage_.disk_bytes, DiskUsage(store_).add("."));
    return std::move(usage_);
  }

 private:
  const Store& store_;
  StoreUsage usage_;
  Leases leases_;
  std::map<std::string, std::set<std::string>> users_;  ///< names of the volumes that have a layer
  std::map<std::string, uint64_t> layer_bytes_;
  std::map<std::vector<std::string>, Logical> logical_;
};

}  // namespace

Result<StoreUsage> measure_usage(const Store& store) { return Measurement(store).run(); }

}  // namespace larder::store
