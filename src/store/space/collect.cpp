#include "store/space/collect.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <set>
#include <utility>
#include <vector>

#include "base/in_child.hpp"
#include "base/user_namespace.hpp"
#include "store/branch/history.hpp"
#include "store/branch/lease.hpp"

namespace larder::store {
namespace {

constexpr int64_t corrections_kept_seconds = 7L * 24 * 60 * 60;
constexpr int64_t logs_kept_seconds = 60L * 24 * 60 * 60;
constexpr uint64_t logs_kept_bytes = uint64_t{32} << 20U;
constexpr int64_t contents_kept_seconds = 60L * 24 * 60 * 60;
constexpr int64_t incoming_kept_seconds = 24L * 60 * 60;
constexpr int64_t results_kept_seconds = 365L * 24 * 60 * 60;

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

/// Whether no build of the last days has used what a build holds by this lock.
Result<bool> is_unused(const Store& store, const std::string& lock_path) {
  TRY_ASSIGN(const auto status, store.os().stat(store.dir(), lock_path));
  if (!status) return true;
  if (status->st_mtim.tv_sec + corrections_kept_seconds > std::time(nullptr)) return false;
  TRY_ASSIGN(const auto lock, FileLock::try_acquire(store.os(), store.dir(), lock_path, LockMode::exclusive));
  return lock.has_value();
}

/// Layers that correct what builds see of a project (source/corrections.hpp) can be made again at any time. Nobody is
/// making one now, since that takes the store's lock.
Status sweep_corrections(const Store& store) {
  TRY_ASSIGN(const auto entries, store.os().list(store.dir(), "corrections"));
  for (const DirEntry& entry : entries) {
    if (entry.name.starts_with("of-") || entry.name.starts_with("checkout-of-")) continue;
    TRY_ASSIGN(const bool unused, entry.name.starts_with("new-")
                                      ? Result<bool>(true)
                                      : is_unused(store, "corrections/" + entry.name + "/lock"));
    if (unused) TRY(to_trash(store, "corrections", entry.name));
  }
  return {};
}

/// Files of a folder that have not been written for long: what is known of the files of a folder only saves reading
/// them, what was delivered to one only matters to who builds there again.
Status sweep_old(const Store& store, const std::string& folder, int64_t kept_seconds) {
  TRY_ASSIGN(const auto entries, store.os().list(store.dir(), folder));
  for (const DirEntry& entry : entries) {
    TRY_ASSIGN(const auto status, store.os().stat(store.dir(), folder + "/" + entry.name));
    if (status && status->st_mtim.tv_sec + kept_seconds < std::time(nullptr)) TRY(to_trash(store, folder, entry.name));
  }
  return {};
}

/// What pulls that were interrupted have left (share/incoming.hpp), once nobody has gone on with it for a day.
Status sweep_incoming(const Store& store) {
  const std::string folder = "remotes/incoming";
  TRY_ASSIGN(const auto there, store.os().stat(store.dir(), folder));
  if (!there) return {};
  TRY_ASSIGN(const auto entries, store.os().list(store.dir(), folder));
  for (const DirEntry& entry : entries) {
    const std::string path = folder + "/" + entry.name;
    TRY_ASSIGN(const auto status, store.os().stat(store.dir(), path));
    if (!status || status->st_mtim.tv_sec + incoming_kept_seconds > std::time(nullptr)) continue;
    TRY(store.os().rename(store.dir(), path, store.dir(), "trash/incoming-" + entry.name));
  }
  return {};
}

/// The last output of each project and target; the newest stay. One that a build still writes is among these.
Status sweep_logs(const Store& store, uint64_t kept_bytes) {
  TRY_ASSIGN(const auto entries, store.os().list(store.dir(), "logs"));
  std::vector<std::pair<std::string, struct stat>> logs;
  for (const DirEntry& entry : entries) {
    TRY_ASSIGN(const auto status, store.os().stat(store.dir(), "logs/" + entry.name));
    if (status) logs.emplace_back("logs/" + entry.name, *status);
  }
  std::sort(logs.begin(), logs.end(),
            [](const auto& a, const auto& b) { return a.second.st_mtim.tv_sec > b.second.st_mtim.tv_sec; });
  const int64_t oldest = std::time(nullptr) - logs_kept_seconds;
  uint64_t bytes = 0;
  for (const auto& [path, status] : logs) {
    bytes += static_cast<uint64_t>(status.st_size);
    if (bytes > kept_bytes || status.st_mtim.tv_sec < oldest) TRY(store.os().unlink(store.dir(), path));
  }
  return {};
}

Status sweep_all(const Store& store) {
  TRY_ASSIGN(const FileLock lock, store.lock(LockMode::exclusive));
  TRY_ASSIGN(const Leases leases, read_leases(store));
  TRY_ASSIGN(const Reachable reachable, reachable_parts(store, leases));
  TRY(sweep(store, "layers", reachable));
  TRY(sweep(store, "generations", reachable));
  TRY(sweep(store, "sources", reachable));
  TRY(sweep_corrections(store));
  TRY(sweep_old(store, "contents", contents_kept_seconds));
  TRY(sweep_old(store, "results", results_kept_seconds));
  TRY(sweep_logs(store, logs_kept_bytes));
  TRY(sweep_incoming(store));
  TRY(sweep_ref_leftovers(store));
  for (const std::string& transaction : leases.dead) {
    const Status moved = to_trash(store, "transactions", transaction);
    if (!moved && moved.error().sys_errno != ENOENT) return moved;  // one that ended meanwhile moved itself
  }
  return {};
}

/// Removes a tree, also where a killed preparation of an image has left files of the caller's subordinate ids.
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

}  // namespace

std::string layer_part(const std::string& layer) { return "layers/" + layer; }

std::string generation_part(const std::string& id) { return "generations/" + id; }

std::string source_part(const std::string& record) { return "sources/" + record; }

void add_parts(const Generation& generation, Reachable& reachable) {
  reachable.insert(generation_part(generation.id));
  if (!generation.source.record.empty()) reachable.insert(source_part(generation.source.record));
  for (const std::string& layer : generation.layers) reachable.insert(layer_part(layer));
}

Result<Reachable> reachable_from(const Store& store, const VolumeKey& key) {
  Reachable reachable;
  TRY(mark_ref(store, key, RefName::current, reachable));
  TRY(mark_ref(store, key, RefName::settled, reachable));
  return reachable;
}

Result<Reachable> reachable_parts(const Store& store, const Leases& leases) {
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

Status remove_logs(const Store& store) {
  TRY_ASSIGN(const FileLock lock, store.lock(LockMode::exclusive));
  TRY_ASSIGN(const Leases leases, read_leases(store));
  return leases.live.empty() ? sweep_logs(store, 0) : Status();
}

Result<uint64_t> collect(const Store& store) {
  TRY(sweep_all(store));
  return empty_trash(store);
}

}  // namespace larder::store
