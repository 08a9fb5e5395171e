#pragma once

#include <cstdint>

#include "store/space/collect.hpp"

namespace larder::store {

/// The bytes that the store's disk still has for this user.
uint64_t free_bytes(const Store& store);

/// Whether the disk has next to nothing left. A build that failed there has most likely failed for that, and keeping
/// what it wrote would keep the disk full.
bool is_full(const Store& store);

/// Whether a system call failed because the disk, or the user's share of it, is full.
bool is_disk_full(const Error& error);

/// Gives what `step`, a function that returns a Result, gives. Where the disk is too full for it and the store had
/// something to throw away, `step` is done once more. The caller holds no lock of the store.
template <typename Step>
auto with_room(const Store& store, Step step) -> decltype(step()) {
  auto done = step();
  if (done || !is_disk_full(done.error())) return done;
  const auto freed = collect(store);
  return freed && *freed > 0 ? step() : std::move(done);
}

}  // namespace larder::store
