#include "store/usage.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <utility>

#include "store/ref.hpp"
#include "store/transaction.hpp"
#include "store/view.hpp"

namespace larder::store {
namespace {

using Inodes = std::set<std::pair<dev_t, ino_t>>;

/// Running builds delete things meanwhile, and may close directories to their owner: du passes over these too.
template <typename T>
bool is_passed_over(const Result<T>& result) {
  return !result && (result.error().sys_errno == EACCES || result.error().sys_errno == ENOENT);
}

/// Blocks of a tree in bytes, counting files with several links once for each `seen`.
Result<uint64_t> disk_bytes(Os& os, int dir, const std::string& name, Inodes& seen) {
  const auto found = os.stat(dir, name);
  if (is_passed_over(found)) return uint64_t{0};
  if (!found) return fail(found.error());
  const auto& status = *found;
  if (!status) return uint64_t{0};  // deleted meanwhile
  if (status->st_nlink > 1 && !S_ISDIR(status->st_mode) && !seen.emplace(status->st_dev, status->st_ino).second)
    return uint64_t{0};
  uint64_t bytes = static_cast<uint64_t>(status->st_blocks) * 512;
  if (!S_ISDIR(status->st_mode)) return bytes;
  const auto fd = os.open_dir(dir, name);
  if (is_passed_over(fd)) return bytes;
  if (!fd) return fail(fd.error());
  const auto entries = os.list(fd->get(), ".");
  if (is_passed_over(entries)) return bytes;
  if (!entries) return fail(entries.error());
  for (const DirEntry& entry : *entries) {
    TRY_ASSIGN(const uint64_t part, disk_bytes(os, fd->get(), entry.name, seen));
    bytes += part;
  }
  return bytes;
}

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
    Inodes all;
    for (const auto& [layer, users] : users_) {
      Inodes own;
      TRY_ASSIGN(layer_bytes_[layer], disk_bytes(store_.os(), store_.dir(), "layers/" + layer, own));
      TRY_ASSIGN(const uint64_t once, disk_bytes(store_.os(), store_.dir(), "layers/" + layer, all));
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
    Inodes seen;
    TRY_ASSIGN(usage_.disk_bytes, disk_bytes(store_.os(), store_.dir(), ".", seen));
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
