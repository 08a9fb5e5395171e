#include "store/care/upkeep.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

#include "base/background.hpp"
#include "store/branch/flatten.hpp"
#include "store/branch/history.hpp"
#include "store/branch/ref.hpp"
#include "store/branch/settle.hpp"
#include "store/space/collect.hpp"

namespace larder::store {
namespace {

/// A build without changes leaves a few empty directories there; deleting them at once would cost each such build more.
constexpr size_t trash_entries_max = 20;

Status flatten_all(const Store& store) {
  return for_each_volume(store, [&](const VolumeKey& key) -> Status {
    TRY(flatten(store, key));
    return settle(store, key);
  });
}

Status trim_all(const Store& store, const Retention& retention) {
  return for_each_volume(store,
                         [&](const VolumeKey& key) { return trim_history(store, key, retention, std::time(nullptr)); });
}

/// Measures the whole store only where it may have to.
Status keep_to(const Store& store, const Limits& limits) {
  if (!limits.max_bytes && !limits.max_age_seconds) return {};
  TRY(enforce(store, limits, std::time(nullptr)));
  return {};
}

Status work(const Store& store, const Limits& limits) {
  const Status settled = settle_all(store);
  const Status flattened = settled ? flatten_all(store) : Status();
  const Status trimmed = trim_all(store, limits.retention);
  const auto collected = collect(store);
  const Status kept_to = keep_to(store, limits);
  if (!settled) return settled;
  if (!flattened) return flattened;
  if (!trimmed) return trimmed;
  if (!collected) return fail(collected.error());
  return kept_to;
}

/// From ioprio_set(2). The kernel's own header for them is no C++ in some of its versions.
constexpr int ioprio_who_process = 1;
constexpr int ioprio_class_idle = 3;
constexpr int ioprio_class_shift = 13;

/// A build beside it keeps 97 % of a processor. SCHED_IDLE would be politer, but a process that never runs on a busy
/// machine would keep others from the locks that it holds.
constexpr int upkeep_nice = 15;

void become_polite() {
  (void)::setpriority(PRIO_PROCESS, 0, upkeep_nice);  // without it the work is only less polite
  (void)::syscall(SYS_ioprio_set, ioprio_who_process, 0, ioprio_class_idle << ioprio_class_shift);
}

}  // namespace

Status upkeep(const Store& store, const Limits& limits) {
  TRY_ASSIGN(auto turn, FileLock::try_acquire(store.os(), store.dir(), "upkeep.next", LockMode::exclusive));
  if (!turn) return {};
  TRY_ASSIGN(const FileLock lock, FileLock::acquire(store.os(), store.dir(), "upkeep.lock", LockMode::exclusive));
  turn.reset();
  return work(store, limits);
}

Result<PrunePlan> prune_now(const Store& store, const Limits& limits) {
  TRY_ASSIGN(const FileLock lock, FileLock::acquire(store.os(), store.dir(), "upkeep.lock", LockMode::exclusive));
  (void)settle_all(store);  // on a full disk it cannot, and room is what is wanted
  return enforce(store, limits, std::time(nullptr));
}

Result<bool> has_leftovers(const Store& store, const std::vector<VolumeKey>& keys) {
  for (const VolumeKey& key : keys) {
    TRY_ASSIGN(const auto current, read_ref(store, key, RefName::current));
    TRY_ASSIGN(const auto settled, read_ref(store, key, RefName::settled));
    if (current != settled) return true;
  }
  TRY_ASSIGN(const auto transactions, store.os().list(store.dir(), "transactions"));
  TRY_ASSIGN(const auto trash, store.os().list(store.dir(), "trash"));
  return !transactions.empty() || trash.size() > trash_entries_max;
}

void start_upkeep(const Store& store, const Limits& limits) {
  // Where it cannot be begun, the next build does it.
  (void)in_background({store.dir()}, [&] {
    become_polite();
    (void)upkeep(store, limits);
  });
}

}  // namespace larder::store
