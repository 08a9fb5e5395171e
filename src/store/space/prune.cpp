#include "store/space/prune.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "store/branch/ref.hpp"
#include "store/branch/writer.hpp"
#include "store/space/inventory.hpp"

namespace larder::store {
namespace {

constexpr int rounds_max = 3;  // others may use or commit what was to go

/// Who keeps the volume from being removed; empty: nobody.
Result<std::string> user_of(const Store& store, const VolumeKey& key, const Leases& leases) {
  if (const LiveLease* user = leases.user_of(key)) return user->holder;
  TRY_ASSIGN(const bool written, has_writer(store, key));
  if (!written) return std::string();
  TRY_ASSIGN(std::string holder, writer_holder(store, key));
  return holder.empty() ? "another process" : holder;
}

/// What the next builds have to do again: downloads of one place once for all, and not where another volume has them.
double cost_of(const std::vector<Eviction>& evictions, const std::vector<VolumeSpec>& staying) {
  std::map<std::string, double> downloads;
  double seconds = 0;
  for (const Eviction& eviction : evictions) {
    double& place = downloads[place_of(eviction.spec)];
    if (eviction.spec.volume_class != VolumeClass::download)
      seconds += eviction.rebuild_seconds;
    else
      place = std::max(place, eviction.rebuild_seconds);
  }
  for (const VolumeSpec& spec : staying) downloads.erase(place_of(spec));
  for (const auto& [place, fetch_seconds] : downloads) seconds += fetch_seconds;
  return seconds;
}

class Planner {
 public:
  Planner(const Store& store, const Limits& limits, int64_t now_seconds, Inventory inventory)
      : store_(store), limits_(limits), now_seconds_(now_seconds), inventory_(std::move(inventory)) {}

  Result<PrunePlan> run() {
    plan_.before_bytes = space().bytes();
    for (const std::string& part : inventory_.garbage) space().remove(part);
    TRY(read_candidates());
    TRY(trim());
    evict_old();
    while (is_too_large() && cut_oldest()) {
    }
    while (is_too_large() && evict_cheapest()) {
    }
    return conclude();
  }

 private:
  struct Candidate {
    const Inventory::Volume* volume;
    std::string used_by;
    Reachable parts;               ///< that it still needs
    std::vector<Generation> kept;  ///< its history
    size_t line = 0;               ///< how many of them follow each other,
    size_t count = 0;              ///< and how many of those stay
    bool gone = false;
    std::optional<double> value = {};  ///< once it is known, until others go with which it shares something

    const Generation& current() const { return *volume->current; }
    bool may_go() const { return !gone && used_by.empty() && !current().empty(); }
  };

  Footprint& space() { return inventory_.footprint; }
  bool is_too_large() { return limits_.max_bytes && space().bytes() > *limits_.max_bytes; }

  Status read_candidates() {
    for (const LiveLease& lease : inventory_.leases.live)
      for (const std::string& layer : lease.layers) ++users_[layer_part(layer)];
    for (const Inventory::Volume& volume : inventory_.volumes) {
      for (const std::string& part : volume.parts) ++users_[part];
      if (!volume.current) continue;
      Candidate candidate{&volume, {}, volume.parts, {}};
      TRY_ASSIGN(candidate.used_by, user_of(store_, volume.key, inventory_.leases));
      TRY_ASSIGN(candidate.kept, kept_generations(store_, volume.key, volume.current->id));
      candidate.line = candidate.count = line_of(candidate.kept).size();
      candidates_.push_back(std::move(candidate));
    }
    return {};
  }

  uint64_t release(Candidate& candidate, const Reachable& still_needed) {
    uint64_t freed_bytes = 0;
    for (const std::string& part : candidate.parts)
      if (still_needed.count(part) == 0 && --users_[part] == 0) freed_bytes += space().remove(part);
    candidate.parts = still_needed;
    return freed_bytes;
  }

  void cut(Candidate& candidate, size_t count) {
    candidate.count = count;
    const std::string& good = candidate.current().last_success;
    Reachable needed;
    for (size_t i = 0; i < candidate.kept.size(); ++i)
      if (i < count || candidate.kept[i].id == good) add_parts(candidate.kept[i], needed);
    release(candidate, needed);
  }

  Status trim() {
    for (Candidate& candidate : candidates_) {
      const std::vector<Generation> line(candidate.kept.begin(),
                                         candidate.kept.begin() + static_cast<long>(candidate.line));
      TRY_ASSIGN(const size_t count, count_kept(store_, line, limits_.retention, now_seconds_));
      if (count < candidate.line) cut(candidate, count);
    }
    return {};
  }

  bool shares_nothing(const Candidate& candidate) {
    const std::vector<std::string> parts(candidate.parts.begin(), candidate.parts.end());
    const bool alone = std::all_of(parts.begin(), parts.end(), [&](const auto& part) { return users_[part] == 1; });
    return alone && space().freed_by(parts) == space().bytes_of(parts);
  }

  void evict(Candidate& candidate, Reason reason) {
    if (!shares_nothing(candidate))
      for (Candidate& other : candidates_) other.value.reset();
    Eviction eviction{
        candidate.current().spec,           candidate.current().id, reason, 0, candidate.current().rebuild_seconds,
        candidate.volume->last_used_seconds};
    eviction.freed_bytes = release(candidate, {});
    candidate.gone = true;
    plan_.volumes.push_back(std::move(eviction));
  }

  void evict_old() {
    if (!limits_.max_age_seconds) return;
    for (Candidate& candidate : candidates_)
      if (candidate.may_go() && candidate.volume->last_used_seconds < now_seconds_ - *limits_.max_age_seconds)
        evict(candidate, Reason::age);
  }

  /// Of all volumes' past; false where there is none left.
  bool cut_oldest() {
    Candidate* found = nullptr;
    const auto age_of = [](const Candidate& candidate) { return candidate.kept[candidate.count - 1].created_seconds; };
    for (Candidate& candidate : candidates_)
      if (!candidate.gone && candidate.count > 1 && (found == nullptr || age_of(candidate) < age_of(*found)))
        found = &candidate;
    if (found != nullptr) cut(*found, found->count - 1);
    return found != nullptr;
  }

  /// Seconds of building for each byte that it alone takes.
  double value_of(const Candidate& candidate) {
    std::vector<std::string> own;
    for (const std::string& part : candidate.parts)
      if (users_[part] == 1) own.push_back(part);
    const uint64_t bytes = space().freed_by(own);
    if (bytes == 0) return std::numeric_limits<double>::infinity();
    return candidate.current().rebuild_seconds / static_cast<double>(bytes);
  }

  bool evict_cheapest() {
    Candidate* found = nullptr;
    std::pair<double, int64_t> least;
    for (Candidate& candidate : candidates_) {
      if (!candidate.may_go()) continue;
      if (!candidate.value) candidate.value = value_of(candidate);
      const std::pair value(*candidate.value, candidate.volume->last_used_seconds);
      if (found != nullptr && value >= least) continue;
      found = &candidate;
      least = value;
    }
    if (found != nullptr) evict(*found, Reason::size);
    return found != nullptr;
  }

  PrunePlan conclude() {
    std::vector<VolumeSpec> staying;
    for (const Candidate& candidate : candidates_) {
      if (candidate.gone) continue;
      if (!candidate.current().empty()) staying.push_back(candidate.current().spec);
      if (candidate.count < candidate.line)
        plan_.history.push_back({candidate.volume->key, candidate.current().id, candidate.kept[candidate.count - 1].id,
                                 candidate.line - candidate.count});
      if (is_too_large() && !candidate.used_by.empty())
        plan_.in_use.push_back({candidate.volume->key, candidate.used_by});
    }
    plan_.after_bytes = space().bytes();
    plan_.rebuild_seconds = cost_of(plan_.volumes, staying);
    return std::move(plan_);
  }

  const Store& store_;
  const Limits& limits_;
  const int64_t now_seconds_;
  Inventory inventory_;
  std::vector<Candidate> candidates_;
  std::map<std::string, size_t> users_;  ///< how many volumes and transactions need a part
  PrunePlan plan_;
};

Result<bool> is_unchanged(const Store& store, const Eviction& eviction) {
  TRY_ASSIGN(const auto current, current_generation(store, eviction.spec.key));
  TRY_ASSIGN(const int64_t last_used, last_used_seconds(store, eviction.spec.key));
  return current && current->id == eviction.newest && last_used == eviction.last_used_seconds;
}

/// Only what nobody has changed or begun to use since the plan was made.
Status remove_planned(const Store& store, const PrunePlan& plan, PrunePlan& done) {
  TRY_ASSIGN(const FileLock lock, store.lock(LockMode::exclusive));
  TRY_ASSIGN(const Leases leases, read_leases(store));
  for (const Eviction& eviction : plan.volumes) {
    TRY_ASSIGN(const std::string user, user_of(store, eviction.spec.key, leases));
    TRY_ASSIGN(const bool unchanged, is_unchanged(store, eviction));
    if (!user.empty() || !unchanged) continue;
    TRY(remove_refs(store, eviction.spec.key));
    done.volumes.push_back(eviction);
  }
  for (const HistoryCut& cut : plan.history) {
    TRY_ASSIGN(const bool is_cut, cut_history(store, cut.key, cut.newest, cut.oldest));
    if (is_cut) done.history.push_back(cut);
  }
  return {};
}

Result<uint64_t> size_of(const Store& store) {
  TRY_ASSIGN(const Footprint footprint, Footprint::measure(store));
  return footprint.bytes();
}

/// Adds what a further round has done.
void add(PrunePlan& all, PrunePlan round) {
  all.history.insert(all.history.end(), round.history.begin(), round.history.end());
  all.volumes.insert(all.volumes.end(), round.volumes.begin(), round.volumes.end());
  all.in_use = std::move(round.in_use);
  all.after_bytes = round.after_bytes;
  all.rebuild_seconds += round.rebuild_seconds;
}

}  // namespace

const char* to_string(Reason reason) { return reason == Reason::age ? "age" : "size"; }

size_t PrunePlan::generations() const {
  size_t count = 0;
  for (const HistoryCut& cut : history) count += cut.generations;
  return count;
}

Result<PrunePlan> plan_prune(const Store& store, const Limits& limits, int64_t now_seconds) {
  TRY_ASSIGN(Inventory inventory, Inventory::take(store));
  return Planner(store, limits, now_seconds, std::move(inventory)).run();
}

Result<PrunePlan> prune(const Store& store, const PrunePlan& plan) {
  PrunePlan done = plan;
  done.history.clear();
  done.volumes.clear();
  TRY(remove_planned(store, plan, done));
  TRY(collect(store));
  TRY_ASSIGN(done.after_bytes, size_of(store));
  return done;
}

Result<PrunePlan> enforce(const Store& store, const Limits& limits, int64_t now_seconds) {
  TRY_ASSIGN(const uint64_t before_bytes, size_of(store));
  TRY(collect(store));  // a full disk then has room for what follows
  PrunePlan all;
  all.before_bytes = before_bytes;
  for (int round = 0; round < rounds_max; ++round) {
    TRY_ASSIGN(const PrunePlan plan, plan_prune(store, limits, now_seconds));
    TRY_ASSIGN(PrunePlan done, prune(store, plan));
    add(all, std::move(done));
    const bool reached = !limits.max_bytes || all.after_bytes <= *limits.max_bytes;
    if (reached || (plan.history.empty() && plan.volumes.empty())) break;
  }
  return all;
}

}  // namespace larder::store
