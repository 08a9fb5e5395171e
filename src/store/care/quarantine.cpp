#include "store/care/quarantine.hpp"

#include <cerrno>

#include "store/space/collect.hpp"

namespace larder::store {

Status quarantine(const Store& store, const std::set<std::string>& layers) {
  TRY_ASSIGN(const FileLock lock, store.lock(LockMode::exclusive));
  TRY_ASSIGN(const Leases leases, read_leases(store));
  TRY_ASSIGN(const Reachable reachable, reachable_parts(store, leases));
  for (const std::string& layer : layers) {
    if (reachable.count(layer_part(layer)) > 0) continue;
    const Status moved = store.os().rename(store.dir(), "layers/" + layer, store.dir(), "quarantine/" + layer);
    if (!moved && moved.error().sys_errno != ENOENT) return moved;  // a collector came first, or it was missing
  }
  return {};
}

}  // namespace larder::store
