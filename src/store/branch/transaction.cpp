#include "store/branch/transaction.hpp"

#include <cerrno>

#include "base/random_id.hpp"
#include "base/text.hpp"
#include "store/branch/history.hpp"
#include "store/branch/lease.hpp"
#include "store/branch/ref.hpp"
#include "store/era.hpp"
#include "store/layer/merged_tree.hpp"
#include "store/layer/upper_changes.hpp"

namespace larder::store {
namespace {

/// The newest sibling's content, for a volume that does not exist yet.
Result<Generation> seed(const Store& store, const ForkRequest& request) {
  Generation newest;
  for (const VolumeKey& key : request.siblings) {
    auto sibling = current_generation(store, key);
    if (!sibling && sibling.error().code == ErrorCode::damage) continue;  // an error where that volume itself is used
    if (!sibling) return fail(sibling.error());
    const bool newer = *sibling && !(*sibling)->empty() && (*sibling)->created_seconds >= newest.created_seconds;
    if (newer) newest = std::move(**sibling);
  }
  newest.id.clear();
  return newest;
}

Status require_base(const Store& store, const Generation& base) {
  TRY_ASSIGN(const auto missing, missing_layer(store, base.layers));
  if (!missing) return {};
  return fail(ErrorCode::damage, "the volume " + base.spec.key.name() + " is damaged",
              "layers/" + *missing + "/tree is missing",
              "`larder cache clean " + base.spec.key.name() + "` removes it; the next build makes it anew");
}

/// Of a volume's past what its user has not turned away from: what was before a `clean` or a `rollback`, or before a
/// repair, is not to come back.
std::vector<Generation> since_last_turn(const History& history) {
  std::vector<Generation> past;
  for (const Generation& generation : history) {
    if (generation.outcome == Outcome::cleaned) break;
    past.push_back(generation);
    if (generation.outcome == Outcome::rolled_back || generation.outcome == Outcome::repaired) break;
  }
  return past;
}

/// A sibling's newest state, or all its past.
Result<History> sibling_states(const Store& store, const VolumeKey& key, bool with_past) {
  if (with_past) return history(store, key);
  TRY_ASSIGN(auto newest, current_generation(store, key));
  History states;
  if (newest) states.push_back(std::move(*newest));
  return states;
}

/// What a build may start from: the volume's own past, then the newest state of each sibling, of which a volume that
/// does not exist yet also has the past. Damaged ones are left out. A volume that was cleaned starts from nothing.
Result<std::vector<Generation>> find_candidates(const Store& store, const ForkRequest& request) {
  TRY_ASSIGN(const History own, history(store, request.spec.key));
  std::vector<Generation> candidates = since_last_turn(own);
  if (candidates.empty() && !own.empty()) return candidates;
  for (const VolumeKey& key : request.siblings) {
    const auto states = sibling_states(store, key, own.empty());
    if (!states && states.error().code == ErrorCode::damage) continue;  // an error where that volume itself is used
    if (!states) return fail(states.error());
    for (Generation& state : since_last_turn(*states)) candidates.push_back(std::move(state));
  }
  std::vector<Generation> whole;
  for (Generation& candidate : candidates) {
    TRY_ASSIGN(const auto missing, missing_layer(store, candidate.layers));
    if (!missing) whole.push_back(std::move(candidate));
  }
  return whole;
}

/// A sibling's generation is no part of this volume's history: it comes without its id.
Result<Generation> find_base(const Store& store, const ForkRequest& request, const std::optional<Generation>& current) {
  if (!request.choose) return current ? *current : seed(store, request);
  if (current) TRY(require_base(store, *current));
  TRY_ASSIGN(std::vector<Generation> candidates, find_candidates(store, request));
  TRY_ASSIGN(const auto chosen, request.choose(candidates));
  if (!chosen) return Generation();
  Generation base = std::move(candidates.at(*chosen));
  if (!(base.spec.key == request.spec.key)) base.id.clear();
  return base;
}

/// Whether the volume is still what it was at the fork, perhaps flattened.
bool is_as_forked(const Generation& current, const Fork& fork) {
  return current.id == fork.current || (!fork.current.empty() && current.same_content_as == fork.current);
}

/// One writer at a time, and a `clean` waits for it: only a ref damaged meanwhile leads here.
Error changed_meanwhile(const VolumeKey& key) {
  return Error{ErrorCode::damage, "the volume " + key.name() + " has changed while the build ran",
               "its ref no longer leads to what the build started from", "build again", 0};
}

/// `theirs`, then what only `ours` has: for download volumes every order of layers is right, since equal names
/// have equal content.
std::vector<std::string> merged(std::vector<std::string> theirs, const std::vector<std::string>& ours) {
  for (const std::string& layer : ours)
    if (!contains(theirs, layer)) theirs.push_back(layer);
  return theirs;
}

/// Moves the upper into the store as a layer. It is garbage until a ref reaches it; the caller holds the store's lock.
Result<std::string> make_layer(const Store& store, const Fork& fork) {
  std::string id = random_id();
  TRY(store.os().mkdir(store.dir(), "layers/" + id, 0700));
  const std::string upper = fork.dir + "/upper";
  const auto move = [&] { return store.os().rename(store.dir(), upper, store.dir(), "layers/" + id + "/tree"); };
  Status moved = move();
  if (!moved && moved.error().sys_errno == EACCES) {  // the build made the volume itself read-only
    TRY(store.os().chmod(store.dir(), upper, 0755));
    moved = move();
  }
  if (!moved) return fail(moved.error());
  return id;
}

/// What a commit says about the build.
struct Build {
  Outcome outcome;
  std::string name;
  double seconds;
  std::string era;
  SourceRef source = {};
};

Status publish(const Store& store, const VolumeSpec& spec, const Fork& fork, const std::vector<std::string>& ours,
               const Build& build, std::vector<std::string>* result) {
  TRY_ASSIGN(const FileLock lock, lock_ref(store, spec.key));
  TRY_ASSIGN(const auto current, current_generation(store, spec.key));
  const std::vector<std::string> added(ours.begin() + static_cast<long>(fork.base.layers.size()), ours.end());
  const bool own = spec.key == fork.request.spec.key;
  const bool merges = spec.volume_class == VolumeClass::download;
  if (current && own && !merges && !is_as_forked(*current, fork)) return fail(changed_meanwhile(spec.key));
  // What the volume itself has become since the fork holds all that the fork saw, perhaps flattened.
  const bool grown = current && own && fork.is_newest();
  std::vector<std::string> layers = ours;
  if (current && (merges || grown)) layers = merged(current->layers, grown ? added : ours);
  if (result != nullptr) *result = layers;
  const bool same_source = build.source.record.empty() || (current && current->source == build.source);
  if (same_source && (current ? current->layers == layers : layers.empty())) return {};
  TRY_ASSIGN(Generation next, new_generation(store, spec, build.outcome));
  next.layers = layers;
  next.era = build.era;
  next.build = build.name;
  next.seconds = build.seconds;
  next.rebuild_seconds = fork.base.rebuild_seconds;
  next.source = build.source;
  continue_from(next, current ? &*current : nullptr);
  TRY(write_generation(store, next));
  return write_ref(store, spec.key, RefName::current, next.id, Durability::none);
}

/// `changed`: whether the upper changes anything.
Result<Sealed> seal_fork(const Store& store, const Fork& fork, bool changed, const Build& build) {
  Sealed sealed{fork.base.layers, changed};
  std::vector<std::string> ours = fork.base.layers;
  if (sealed.changed) {
    TRY_ASSIGN(std::string layer, make_layer(store, fork));
    ours.push_back(std::move(layer));
  }
  const VolumeSpec& spec = fork.request.spec;
  if (sealed.changed || spec.volume_class == VolumeClass::download || !build.source.record.empty())
    TRY(publish(store, spec, fork, ours, build, &sealed.layers));
  for (const VolumeSpec& other : fork.request.also) TRY(publish(store, other, fork, ours, build, nullptr));
  return sealed;
}

}  // namespace

Result<Transaction> Transaction::begin(const Store& store, std::vector<ForkRequest> requests,
                                       const std::string& holder) {
  TRY_ASSIGN(const FileLock lock, store.lock(LockMode::shared));
  TRY_ASSIGN(Transaction transaction, open(store, holder));
  TRY(store.os().mkdir(store.dir(), transaction.root_dir(), 0700));
  for (size_t i = 0; i < requests.size(); ++i) TRY(transaction.open_fork(std::move(requests[i]), i));
  std::vector<std::string> layers;
  for (const Fork& fork : transaction.forks_)
    layers.insert(layers.end(), fork.base.layers.begin(), fork.base.layers.end());
  TRY(transaction.write_lease(layers));
  return transaction;
}

Result<Transaction> Transaction::hold(const Store& store, const std::vector<std::string>& layers,
                                      const std::string& holder) {
  TRY_ASSIGN(Transaction transaction, open(store, holder));
  TRY(transaction.write_lease(layers));
  return transaction;
}

Result<Transaction> Transaction::open(const Store& store, const std::string& holder) {
  Transaction transaction(store, random_id(), holder);
  TRY_ASSIGN(transaction.era_, larder::store::era(store));
  TRY(store.os().mkdir(store.dir(), transaction.path(), 0700));
  TRY_ASSIGN(FileLock lease,
             FileLock::acquire(store.os(), store.dir(), transaction.path() + "/lease", LockMode::exclusive));
  transaction.lease_ = std::move(lease);
  return transaction;
}

Status Transaction::open_fork(ForkRequest request, size_t index) {
  Os& os = store_->os();
  Fork fork{std::move(request), {}, path() + "/" + std::to_string(index), false};
  TRY_ASSIGN(const auto current, current_generation(*store_, fork.request.spec.key));
  if (current) {
    fork.current = current->id;
    TRY(mark_used(*store_, fork.request.spec.key));
  }
  TRY_ASSIGN(fork.base, find_base(*store_, fork.request, current));
  fork.started_from_nothing = fork.base.empty();
  TRY(require_base(*store_, fork.base));
  TRY(os.mkdir(store_->dir(), fork.dir, 0700));
  if (fork.writable()) {
    TRY(os.mkdir(store_->dir(), fork.dir + "/upper", 0755));
    TRY(os.mkdir(store_->dir(), fork.dir + "/work", 0700));
  }
  forks_.push_back(std::move(fork));
  return {};
}

Status Transaction::write_lease(const std::vector<std::string>& layers) {
  LiveLease lease{id_, holder_, {}, layers};
  for (const Fork& fork : forks_) lease.volumes.push_back(fork.request.spec.key);
  return store_->os().write_all(lease_->fd(), format_lease(lease));
}

Transaction::~Transaction() {
  if (!lease_ || lease_->fd() < 0) return;  // never begun, or moved from
  // Failing here leaves a transaction without a living lease, which the collector removes.
  (void)store_->os().rename(store_->dir(), path(), store_->dir(), "trash/" + id_);
}

Result<bool> Transaction::changes(size_t index) {
  Fork& fork = forks_.at(index);
  if (fork.changed) return *fork.changed;
  bool changed = false;
  if (fork.request.access == Access::write) {
    TRY_ASSIGN(changed, has_changes(*store_, fork.dir + "/upper", fork.base.layers, fork.request.rewritten));
  }
  fork.changed = changed;
  return changed;
}

Result<std::vector<Sealed>> Transaction::seal(Outcome outcome, double seconds, const std::optional<NewSource>& source) {
  TRY_ASSIGN(const FileLock lock, store_->lock(LockMode::shared));
  TRY_ASSIGN(const std::string now, larder::store::era(*store_));
  if (now != era_)
    return fail(ErrorCode::environment, "what was built cannot be kept in the caches",
                "the disk did not take all that was written to the store meanwhile",
                "look at the disk, then build again");
  std::vector<Sealed> all;
  for (size_t i = 0; i < forks_.size(); ++i) {
    TRY_ASSIGN(const bool changed, changes(i));
    Build build{outcome, holder_, seconds, era_};
    if (source && i + 1 == forks_.size()) {
      TRY_ASSIGN(build.source.record, write_source(*store_, source->text));
      build.source.content = source->content;
      build.source.hides = source->hides;
    }
    const bool kept = forks_[i].request.access == Access::write;
    TRY_ASSIGN(Sealed sealed, kept ? seal_fork(*store_, forks_[i], changed, build)
                                   : Result<Sealed>(Sealed{forks_[i].base.layers, false}));
    all.push_back(std::move(sealed));
  }
  return all;
}

}  // namespace larder::store
