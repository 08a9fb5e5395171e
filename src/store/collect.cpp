#include "store/collect.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <set>

#include "store/transaction.hpp"

namespace larder::store {
namespace {

struct Reachable {
  std::set<std::string> generations;
  std::set<std::string> layers;
};

/// A ref that cannot be read keeps nothing alive that anything could still use, but an unreadable *file* must not
/// make the collector delete what it names: such an error ends the collection.
Status mark_ref(const Store& store, const VolumeKey& key, RefName name, Reachable& reachable) {
  const auto id = read_ref(store, key, name);
  if (!id && id.error().code == ErrorCode::damage) return {};
  if (!id) return fail(id.error());
  if (!*id) return {};
  reachable.generations.insert(**id);
  const auto generation = read_generation(store, **id);
  if (!generation && generation.error().code == ErrorCode::damage) return {};
  if (!generation) return fail(generation.error());
  reachable.layers.insert(generation->layers.begin(), generation->layers.end());
  return {};
}

Result<Reachable> mark(const Store& store, const Leases& leases) {
  Reachable reachable;
  TRY_ASSIGN(const auto keys, list_volumes(store));
  for (const VolumeKey& key : keys) {
    TRY(mark_ref(store, key, RefName::current, reachable));
    TRY(mark_ref(store, key, RefName::settled, reachable));
  }
  for (const LiveLease& lease : leases.live) reachable.layers.insert(lease.layers.begin(), lease.layers.end());
  return reachable;
}

Status to_trash(const Store& store, const std::string& folder, const std::string& name) {
  return store.os().rename(store.dir(), folder + "/" + name, store.dir(), "trash/" + folder + "-" + name);
}

Status sweep(const Store& store, const std::string& folder, const std::set<std::string>& keep) {
  TRY_ASSIGN(const auto entries, store.os().list(store.dir(), folder));
  for (const DirEntry& entry : entries)
    if (keep.count(entry.name) == 0) TRY(to_trash(store, folder, entry.name));
  return {};
}

/// The temporary files of processes that ended while they moved a ref; nobody moves one without the store's lock.
Status sweep_ref_leftovers(const Store& store) {
  TRY_ASSIGN(const auto keys, list_volumes(store));
  for (const VolumeKey& key : keys) {
    TRY_ASSIGN(const auto entries, store.os().list(store.dir(), ref_dir(key)));
    for (const DirEntry& entry : entries)
      if (entry.name.starts_with("current.new-") || entry.name.starts_with("settled.new-"))
        TRY(store.os().unlink(store.dir(), ref_dir(key) + "/" + entry.name));
  }
  return {};
}

Status sweep_all(const Store& store) {
  TRY_ASSIGN(const FileLock lock, store.lock(LockMode::exclusive));
  TRY_ASSIGN(const Leases leases, read_leases(store));
  TRY_ASSIGN(const Reachable reachable, mark(store, leases));
  TRY(sweep(store, "layers", reachable.layers));
  TRY(sweep(store, "generations", reachable.generations));
  TRY(sweep_ref_leftovers(store));
  for (const std::string& transaction : leases.dead) {
    const Status moved = to_trash(store, "transactions", transaction);
    if (!moved && moved.error().sys_errno != ENOENT) return moved;  // one that ended meanwhile moved itself
  }
  return {};
}

Result<uint64_t> empty_trash(const Store& store) {
  TRY_ASSIGN(const FileLock lock, FileLock::acquire(store.os(), store.dir(), "trash.lock", LockMode::exclusive));
  TRY_ASSIGN(const auto entries, store.os().list(store.dir(), "trash"));
  uint64_t freed_bytes = 0;
  Status first;  // what cannot be deleted must not keep the rest
  for (const DirEntry& entry : entries) {
    const auto freed = remove_tree(store.os(), store.dir(), "trash/" + entry.name);
    if (freed) freed_bytes += *freed;
    if (!freed && first) first = fail(freed.error());
  }
  if (!first) return fail(first.error());
  return freed_bytes;
}

Status refuse_if_used(const Leases& leases, const std::vector<VolumeKey>& keys) {
  for (const LiveLease& lease : leases.live)
    for (const VolumeKey& used : lease.volumes)
      if (std::find(keys.begin(), keys.end(), used) != keys.end())
        return fail(ErrorCode::environment, "the volume " + used.name + " is in use", "by " + lease.holder,
                    "wait until it has ended, or stop it, then clean again");
  return {};
}

/// A download volume stays as an empty one: a missing one would start as a fork of its siblings.
Status clean_one(const Store& store, const VolumeKey& key) {
  TRY_ASSIGN(const FileLock lock, lock_ref(store, key));
  const auto current = current_generation(store, key);
  if (!current && current.error().code != ErrorCode::damage) return fail(current.error());
  if (current && *current && (*current)->spec.volume_class == VolumeClass::download) {
    TRY_ASSIGN(Generation nothing, new_generation(store, (*current)->spec, Outcome::cleaned));
    TRY(write_generation(store, nothing, Durability::disk));
    TRY(write_ref(store, key, RefName::current, nothing.id, Durability::disk));
    return write_ref(store, key, RefName::settled, nothing.id, Durability::disk);
  }
  for (const char* name : {"/settled", "/current", "/note"}) {
    const Status gone = store.os().unlink(store.dir(), ref_dir(key) + name);
    if (!gone && gone.error().sys_errno != ENOENT) return gone;
  }
  TRY_ASSIGN(const UniqueFd dir, store.os().open_dir(store.dir(), ref_dir(key)));
  return store.os().fsync(dir.get());
}

}  // namespace

Result<uint64_t> collect(const Store& store) {
  TRY(sweep_all(store));
  return empty_trash(store);
}

Status clean(const Store& store, const std::vector<VolumeKey>& keys) {
  TRY_ASSIGN(const FileLock lock, store.lock(LockMode::exclusive));
  TRY_ASSIGN(const Leases leases, read_leases(store));
  TRY(refuse_if_used(leases, keys));
  for (const VolumeKey& key : keys) TRY(clean_one(store, key));
  return {};
}

}  // namespace larder::store
