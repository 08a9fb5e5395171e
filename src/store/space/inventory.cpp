#include "store/space/inventory.hpp"

#include "store/branch/ref.hpp"

namespace larder::store {
namespace {

Result<Leases> read_leases_alone(const Store& store) {
  TRY_ASSIGN(const FileLock lock, store.lock(LockMode::exclusive));
  return read_leases(store);
}

Error damaged(const VolumeKey& key, const Error& error) {
  return Error{ErrorCode::damage, "the volume " + key.name() + " is damaged",
               error.message + (error.cause.empty() ? "" : ": " + error.cause),
               "`larder cache verify " + key.name() + " --repair` goes back to what is sound", 0};
}

Result<Inventory::Volume> read_volume(const Store& store, const VolumeKey& key, const Leases& leases) {
  Inventory::Volume volume;
  volume.key = key;
  auto current = current_generation(store, key);
  if (current)
    volume.current = std::move(*current);
  else if (current.error().code == ErrorCode::damage)
    volume.damage = damaged(key, current.error());
  else
    return fail(current.error());
  TRY_ASSIGN(volume.parts, reachable_from(store, key));
  TRY_ASSIGN(volume.last_used_seconds, last_used_seconds(store, key));
  if (const LiveLease* user = leases.user_of(key)) volume.used_by = user->holder;
  return volume;
}

std::vector<std::string> find_garbage(const Inventory& inventory) {
  Reachable kept;
  for (const Inventory::Volume& volume : inventory.volumes) kept.insert(volume.parts.begin(), volume.parts.end());
  for (const LiveLease& lease : inventory.leases.live)
    for (const std::string& layer : lease.layers) kept.insert(layer_part(layer));
  std::vector<std::string> garbage;
  for (const std::string& part : inventory.footprint.parts()) {
    const bool collected = part.starts_with("layers/") || part.starts_with("generations/");
    if (part.starts_with("trash/") || (collected && kept.count(part) == 0)) garbage.push_back(part);
  }
  for (const std::string& dead : inventory.leases.dead) garbage.push_back("transactions/" + dead);
  return garbage;
}

}  // namespace

Result<Inventory> Inventory::take(const Store& store) {
  TRY_ASSIGN(Leases leases, read_leases_alone(store));
  TRY_ASSIGN(FileLock lock, store.lock(LockMode::shared));
  std::vector<Volume> volumes;
  TRY_ASSIGN(const auto keys, list_volumes(store));
  for (const VolumeKey& key : keys) {
    TRY_ASSIGN(Volume volume, read_volume(store, key, leases));
    volumes.push_back(std::move(volume));
  }
  TRY_ASSIGN(Footprint footprint, Footprint::measure(store));
  Inventory inventory{std::move(lock), std::move(leases), std::move(volumes), std::move(footprint), {}};
  inventory.garbage = find_garbage(inventory);
  return inventory;
}

std::vector<std::string> Inventory::running_parts() const {
  std::vector<std::string> parts;
  for (const LiveLease& lease : leases.live) parts.push_back("transactions/" + lease.transaction);
  return parts;
}

}  // namespace larder::store
