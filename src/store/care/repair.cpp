#include "store/care/repair.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "store/branch/copy.hpp"
#include "store/branch/lease.hpp"
#include "store/branch/settle.hpp"
#include "store/branch/writer.hpp"
#include "store/care/lineage.hpp"
#include "store/care/quarantine.hpp"
#include "store/era.hpp"
#include "store/layer/manifest.hpp"

namespace larder::store {
namespace {

using Layers = std::set<std::string>;

Layers damaged_layers(const Verification& found) {
  Layers layers;
  for (const Damage& damage : found.damage)
    if (!damage.layer.empty()) layers.insert(damage.layer);
  return layers;
}

/// A build may also see a damaged layer through a volume that it is only about to make from another one.
bool uses(const LiveLease& lease, const Verification& found, const Layers& damaged) {
  const auto is_used = [&](const Affected& affected) {
    return std::find(lease.volumes.begin(), lease.volumes.end(), affected.key) != lease.volumes.end();
  };
  return std::any_of(found.affected.begin(), found.affected.end(), is_used) ||
         std::any_of(lease.layers.begin(), lease.layers.end(),
                     [&](const std::string& layer) { return damaged.count(layer) > 0; });
}

Status refuse_if_used(const Store& store, const Verification& found, const Layers& damaged) {
  TRY_ASSIGN(const Leases leases, read_leases(store));
  for (const LiveLease& lease : leases.live)
    if (uses(lease, found, damaged))
      return fail(ErrorCode::environment, "what is damaged is in use", "by " + lease.holder,
                  "wait until it has ended, or stop it, then repair again");
  return {};
}

/// Whether a generation is known to be whole: none of its layers is damaged, and none can have been torn at the end of
/// an era.
Result<bool> is_sound(const Store& store, const Generation& generation, const Layers& damaged) {
  TRY_ASSIGN(const std::string now, era(store));
  for (const std::string& layer : generation.layers) {
    if (damaged.count(layer) > 0) return false;
    TRY_ASSIGN(const bool settled, has_manifest(store, layer));
    if (!settled && generation.era != now) return false;
  }
  return true;
}

bool is_build(const Generation& generation) {
  return generation.outcome == Outcome::success || generation.outcome == Outcome::failed ||
         generation.outcome == Outcome::interrupted;
}

struct Past {
  std::vector<Generation> sound;  ///< the newest sound one, and those before it up to the next damaged one
  bool has_last_success = false;
  int builds_lost = 0;
};

/// An empty state of the past is no better than none.
Result<Past> sound_past(const Store& store, const std::vector<Generation>& kept, const Layers& damaged) {
  std::set<std::string> whole;
  for (const Generation& generation : kept) {
    TRY_ASSIGN(const bool sound, is_sound(store, generation, damaged));
    if (sound) whole.insert(generation.id);
  }
  const auto first = std::find_if(kept.begin(), kept.end(), [&](const Generation& generation) {
    return whole.count(generation.id) > 0 && (!generation.empty() || generation.id == kept.front().id);
  });
  Past past;
  past.builds_lost = static_cast<int>(std::count_if(kept.begin(), first, is_build));
  for (auto next = first; next != kept.end() && whole.count(next->id) > 0; ++next) {
    if (next != first && past.sound.back().parent != next->id) break;
    past.sound.push_back(*next);
  }
  past.has_last_success = first != kept.end() && whole.count(first->last_success) > 0;
  return past;
}

/// The volume's state becomes that of its newest sound generation; its history begins after the next damaged one.
Status fall_back(const Store& store, Past past) {
  Generation& to = past.sound.front();
  if (!past.has_last_success) to.last_success.clear();
  TRY(append_copy(store, to.spec, to, Outcome::repaired, &to));
  return write_ref(store, to.spec.key, RefName::oldest, past.sound.back().id, Durability::none);
}

/// Counts the builds that are lost, also the newest where its generation cannot be read any more.
int builds_lost(const Lineage& lineage, const Past& past) {
  const std::string newest = "generations/" + lineage.current;
  const bool torn = contains(lineage.damaged, newest);
  return past.builds_lost + (torn ? 1 : 0);
}

Result<Restored> restore(const Store& store, const VolumeKey& key, const Layers& damaged) {
  TRY_ASSIGN(const Lineage lineage, read_lineage(store, key));
  TRY_ASSIGN(Past past, sound_past(store, lineage.kept, damaged));
  if (past.sound.empty()) {
    TRY(remove_refs(store, key));
    return Restored{key, std::nullopt, builds_lost(lineage, past)};
  }
  Restored restored{key, past.sound.front(), builds_lost(lineage, past)};
  TRY_ASSIGN(const FileLock lock, lock_ref(store, key));
  TRY(fall_back(store, std::move(past)));
  return restored;
}

Result<std::vector<Restored>> restore_all(const Store& store, const Verification& found, const Layers& damaged) {
  TRY_ASSIGN(const FileLock lock, store.lock(LockMode::exclusive));
  TRY(refuse_if_used(store, found, damaged));
  std::vector<Restored> all;
  for (const Affected& affected : found.affected) {
    TRY_ASSIGN(Restored restored, restore(store, affected.key, damaged));
    all.push_back(std::move(restored));
  }
  return all;
}

}  // namespace

Result<std::vector<Restored>> repair(const Store& store, const Verification& found, const std::string& holder) {
  std::vector<FileLock> writers;
  for (const Affected& affected : found.affected) {
    TRY_ASSIGN(FileLock writer, claim_writer(store, affected.key, holder));
    writers.push_back(std::move(writer));
  }
  const Layers damaged = damaged_layers(found);
  TRY_ASSIGN(auto restored, restore_all(store, found, damaged));
  for (const Restored& volume : restored) TRY(settle(store, volume.key));
  TRY(quarantine(store, damaged));
  return restored;
}

}  // namespace larder::store
