#include "store/branch/lease.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/durable_file.hpp"

namespace larder::store {
namespace {

using nlohmann::json;

Error damaged_lease(const std::string& path, const std::string& cause) {
  return Error{ErrorCode::damage, path + " of a running build is damaged", cause, "wait until it has ended", 0};
}

/// Reads the lease of a transaction; no value when it has ended meanwhile. A living one whose layers cannot be known is
/// an error: guessing none would have them collected under its mounts.
Result<std::optional<LiveLease>> parse_lease(const Store& store, const std::string& transaction) {
  const std::string path = "transactions/" + transaction + "/lease";
  const auto text = read_file(store.os(), store.dir(), path, 1 << 20);
  if (!text && text.error().sys_errno == ENOENT) return std::optional<LiveLease>();
  if (!text) return fail(text.error());
  try {
    const json data = json::parse(*text);
    LiveLease lease{transaction, data.at("holder"), {}, data.at("layers").get<std::vector<std::string>>()};
    for (const json& volume : data.at("volumes")) {
      auto key = VolumeKey::parse(volume.at("name"), volume.at("variant"), volume.at("trust"));
      if (!key) return fail(damaged_lease(path, key.error().message));
      lease.volumes.push_back(std::move(*key));
    }
    return std::optional(std::move(lease));
  } catch (const json::exception& error) {
    return fail(damaged_lease(path, error.what()));
  }
}

/// Whether the process that made the transaction is gone: then nobody holds the lock, or there is no lease yet.
Result<bool> is_dead(const Store& store, const std::string& transaction) {
  auto fd = store.os().open(store.dir(), "transactions/" + transaction + "/lease", O_RDWR | O_NOFOLLOW);
  if (!fd && fd.error().sys_errno == ENOENT) return true;
  if (!fd) return fail(fd.error());
  const Status locked = store.os().flock(fd->get(), LOCK_EX | LOCK_NB);
  if (!locked && locked.error().sys_errno != EWOULDBLOCK) return fail(locked.error());
  return locked.has_value();
}

}  // namespace

const LiveLease* Leases::user_of(const VolumeKey& key) const {
  for (const LiveLease& lease : live)
    if (std::find(lease.volumes.begin(), lease.volumes.end(), key) != lease.volumes.end()) return &lease;
  return nullptr;
}

std::string format_lease(const LiveLease& lease) {
  json data = {{"holder", lease.holder}, {"volumes", json::array()}, {"layers", lease.layers}};
  for (const VolumeKey& key : lease.volumes)
    data["volumes"].push_back({{"name", key.name()}, {"variant", key.variant()}, {"trust", to_string(key.trust())}});
  return data.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Leases> read_leases(const Store& store) {
  Leases leases;
  TRY_ASSIGN(const auto entries, store.os().list(store.dir(), "transactions"));
  for (const DirEntry& entry : entries) {
    TRY_ASSIGN(const bool dead, is_dead(store, entry.name));
    if (dead) {
      leases.dead.push_back(entry.name);
      continue;
    }
    TRY_ASSIGN(auto lease, parse_lease(store, entry.name));
    if (lease) leases.live.push_back(std::move(*lease));
  }
  return leases;
}

}  // namespace larder::store
