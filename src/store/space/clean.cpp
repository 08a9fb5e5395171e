#include "store/space/clean.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "store/branch/lease.hpp"

namespace larder::store {
namespace {

Status refuse_if_used(const Leases& leases, const std::vector<VolumeKey>& keys) {
  for (const VolumeKey& key : keys)
    if (const LiveLease* user = leases.user_of(key))
      return fail(ErrorCode::environment, "the volume " + key.name() + " is in use", "by " + user->holder,
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

/// Whether a volume that is not cleaned has content that a missing one of the name would start from.
Result<bool> has_filled_sibling(const Store& store, const VolumeKey& key, const std::vector<VolumeKey>& keys) {
  TRY_ASSIGN(const auto all, list_volumes(store));
  for (const VolumeKey& other : all) {
    if (other.name() != key.name() || std::find(keys.begin(), keys.end(), other) != keys.end()) continue;
    const auto current = current_generation(store, other);
    if (!current && current.error().code != ErrorCode::damage) return fail(current.error());
    if (current && *current && !(*current)->empty()) return true;
  }
  return false;
}

/// Compiled volumes go, and damaged ones: a missing volume starts from nothing. Where another folder of the project has
/// one, the cleaned one stays, empty: a missing one would start from what that has.
Status clean_other(const Store& store, const VolumeKey& key, const std::vector<VolumeKey>& keys) {
  const auto current = current_generation(store, key);
  if (!current && current.error().code != ErrorCode::damage) return fail(current.error());
  const bool compiled = current && *current && (*current)->spec.volume_class == VolumeClass::compiled;
  if (!compiled) return remove_refs(store, key);
  TRY_ASSIGN(const bool stays, has_filled_sibling(store, key, keys));
  if (!stays) return remove_refs(store, key);
  return (*current)->empty() ? Status() : make_empty(store, (*current)->spec);
}

Status clean_others(const Store& store, const std::vector<VolumeKey>& keys, const Downloads& downloads) {
  for (const VolumeKey& key : keys) {
    const auto is_this = [&](const Generation& volume) { return volume.spec.key == key; };
    const bool done = std::any_of(downloads.empty.begin(), downloads.empty.end(), [&](const auto& place) {
      return std::any_of(place.second.begin(), place.second.end(), is_this);
    });
    if (!done) TRY(clean_other(store, key, keys));
  }
  return {};
}

}  // namespace

Status clean(const Store& store, const std::vector<VolumeKey>& keys) {
  TRY_ASSIGN(const FileLock lock, store.lock(LockMode::exclusive));
  TRY_ASSIGN(const Leases leases, read_leases(store));
  TRY(refuse_if_used(leases, keys));
  TRY_ASSIGN(const Downloads downloads, look_at_downloads(store, keys));
  TRY(clean_downloads(store, downloads));
  return clean_others(store, keys, downloads);
}

}  // namespace larder::store
