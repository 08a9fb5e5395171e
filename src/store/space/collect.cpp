#include "store/space/collect.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <set>

#include "base/in_child.hpp"
#include "base/user_namespace.hpp"
#include "store/branch/history.hpp"
#include "store/branch/transaction.hpp"

namespace larder::store {
namespace {

/// A ref that cannot be read keeps nothing alive that anything could still use, but an unreadable *file* must not make
/// the collector delete what it names: such an error ends the collection.
Status mark_ref(const Store& store, const VolumeKey& key, RefName name, Reachable& reachable) {
  const auto id = read_ref(store, key, name);
  if (!id && id.error().code == ErrorCode::damage) return {};
  if (!id) return fail(id.error());
  if (!*id) return {};
  reachable.insert(generation_part(**id));
  TRY_ASSIGN(const auto kept, kept_generations(store, key, **id));
  for (const Generation& generation : kept) add_parts(generation, reachable);
  return {};
}

Result<Reachable> mark(const Store& store, const Leases& leases) {
  Reachable reachable;
  TRY_ASSIGN(const auto keys, list_volumes(store));
  for (const VolumeKey& key : keys) {
    TRY_ASSIGN(const Reachable of_volume, reachable_from(store, key));
    reachable.insert(of_volume.begin(), of_volume.end());
  }
  for (const LiveLease& lease : leases.live)
    for (const std::string& layer : lease.layers) reachable.insert(layer_part(layer));
  return reachable;
}

Status to_trash(const Store& store, const std::string& folder, const std::string& name) {
  return store.os().rename(store.dir(), folder + "/" + name, store.dir(), "trash/" + folder + "-" + name);
}

Status sweep(const Store& store, const std::string& folder, const Reachable& keep) {
  TRY_ASSIGN(const auto entries, store.os().list(store.dir(), folder));
  for (const DirEntry& entry : entries)
    if (keep.count(folder + "/" + entry.name) == 0) TRY(to_trash(store, folder, entry.name));
  return {};
}

/// The temporary files of processes that ended while they replaced one; nobody does so without the store's lock.
Status sweep_ref_leftovers(const Store& store) {
  TRY_ASSIGN(const auto keys, list_volumes(store));
  for (const VolumeKey& key : keys) {
    TRY_ASSIGN(const auto entries, store.os().list(store.dir(), ref_dir(key)));
    for (const DirEntry& entry : entries)
      if (entry.name.find(".new-") != std::string::npos)
        TRY(store.os().unlink(store.dir(), ref_dir(key) + "/" + entry.name));
  }
  return {};
}

Status sweep_all(const Store& store) {
  TRY_ASSIGN(const FileLock lock, store.lock(LockMode::exclusive));
  TRY_ASSIGN(const Leases leases, read_leases(store));
  TRY_ASSIGN(const Reachable reachable, mark(store, leases));
  TRY(sweep(store, "layers", reachable));
  TRY(sweep(store, "generations", reachable));
  TRY(sweep_ref_leftovers(store));
  for (const std::string& transaction : leases.dead) {
    const Status moved = to_trash(store, "transactions", transaction);
    if (!moved && moved.error().sys_errno != ENOENT) return moved;  // one that ended meanwhile moved itself
  }
  return {};
}

/// Also where a preparation of an image that was killed has left files of the caller's subordinate ids.
Result<uint64_t> remove_whole_tree(const Store& store, const std::string& path) {
  auto removed = remove_tree(store.os(), store.dir(), path);
  const int number = removed ? 0 : removed.error().sys_errno;
  if ((number != EACCES && number != EPERM) || ::geteuid() == 0) return removed;
  const Status as_root = in_child([&]() -> Status {
    TRY(enter_user_namespace(Identity::root));
    const auto all = remove_tree(store.os(), store.dir(), path);
    return all ? Status() : fail(all.error());
  });
  if (!as_root) return removed;
  return uint64_t{0};
}

Result<uint64_t> empty_trash(const Store& store) {
  TRY_ASSIGN(const FileLock lock, FileLock::acquire(store.os(), store.dir(), "trash.lock", LockMode::exclusive));
  TRY_ASSIGN(const auto entries, store.os().list(store.dir(), "trash"));
  uint64_t freed_bytes = 0;
  Status first;  // what cannot be deleted must not keep the rest
  for (const DirEntry& entry : entries) {
    const auto freed = remove_whole_tree(store, "trash/" + entry.name);
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

/// The download volumes that a clean of `keys` concerns, and what it leaves at their places.
struct Downloads {
  std::map<std::string, std::vector<Generation>> empty;  ///< by place: those that will be empty, or are already
  std::set<std::string> filled;                          ///< places where a volume keeps its content
};

Result<Downloads> look_at_downloads(const Store& store, const std::vector<VolumeKey>& keys) {
  Downloads downloads;
  TRY_ASSIGN(const auto all, list_volumes(store));
  for (const VolumeKey& key : all) {
    auto current = current_generation(store, key);
    if (!current && current.error().code != ErrorCode::damage) return fail(current.error());
    if (!current || !*current || (*current)->spec.volume_class != VolumeClass::download) continue;
    const std::string place = place_of((*current)->spec);
    const bool empty = (*current)->empty() || std::find(keys.begin(), keys.end(), key) != keys.end();
    if (empty)
      downloads.empty[place].push_back(std::move(**current));
    else
      downloads.filled.insert(place);
  }
  return downloads;
}

Status make_empty(const Store& store, const VolumeSpec& spec) {
  TRY_ASSIGN(const FileLock lock, lock_ref(store, spec.key));
  TRY_ASSIGN(Generation nothing, new_generation(store, spec, Outcome::cleaned));
  TRY(write_generation(store, nothing, Durability::disk));
  TRY(write_ref(store, spec.key, RefName::current, nothing.id, Durability::disk));
  return write_ref(store, spec.key, RefName::settled, nothing.id, Durability::disk);
}

/// A missing volume starts as a fork of its siblings, so a cleaned one stays, empty, while one of them has content.
Status clean_downloads(const Store& store, const Downloads& downloads) {
  for (const auto& [place, volumes] : downloads.empty)
    for (const Generation& volume : volumes) {
      if (downloads.filled.count(place) == 0)
        TRY(remove_refs(store, volume.spec.key));
      else if (!volume.empty())
        TRY(make_empty(store, volume.spec));
    }
  return {};
}

/// Those that have no sound content go too, and compiled volumes: a missing one starts from nothing.
Status clean_others(const Store& store, const std::vector<VolumeKey>& keys, const Downloads& downloads) {
  for (const VolumeKey& key : keys) {
    const auto is_this = [&](const Generation& volume) { return volume.spec.key == key; };
    const bool done = std::any_of(downloads.empty.begin(), downloads.empty.end(), [&](const auto& place) {
      return std::any_of(place.second.begin(), place.second.end(), is_this);
    });
    if (!done) TRY(remove_refs(store, key));
  }
  return {};
}

}  // namespace

std::string layer_part(const std::string& layer) { return "layers/" + layer; }

std::string generation_part(const std::string& id) { return "generations/" + id; }

void add_parts(const Generation& generation, Reachable& reachable) {
  reachable.insert(generation_part(generation.id));
  for (const std::string& layer : generation.layers) reachable.insert(layer_part(layer));
}

Result<Reachable> reachable_from(const Store& store, const VolumeKey& key) {
  Reachable reachable;
  TRY(mark_ref(store, key, RefName::current, reachable));
  TRY(mark_ref(store, key, RefName::settled, reachable));
  return reachable;
}

Result<uint64_t> collect(const Store& store) {
  TRY(sweep_all(store));
  return empty_trash(store);
}

Status quarantine(const Store& store, const std::set<std::string>& layers) {
  TRY_ASSIGN(const FileLock lock, store.lock(LockMode::exclusive));
  TRY_ASSIGN(const Leases leases, read_leases(store));
  TRY_ASSIGN(const Reachable reachable, mark(store, leases));
  for (const std::string& layer : layers) {
    if (reachable.count(layer_part(layer)) > 0) continue;
    const Status moved = store.os().rename(store.dir(), "layers/" + layer, store.dir(), "quarantine/" + layer);
    if (!moved && moved.error().sys_errno != ENOENT) return moved;  // a collector came first, or it was missing
  }
  return {};
}

Status clean(const Store& store, const std::vector<VolumeKey>& keys) {
  TRY_ASSIGN(const FileLock lock, store.lock(LockMode::exclusive));
  TRY_ASSIGN(const Leases leases, read_leases(store));
  TRY(refuse_if_used(leases, keys));
  TRY_ASSIGN(const Downloads downloads, look_at_downloads(store, keys));
  TRY(clean_downloads(store, downloads));
  return clean_others(store, keys, downloads);
}

}  // namespace larder::store
