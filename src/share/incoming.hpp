#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file_lock.hpp"
#include "share/blobs.hpp"
#include "store/store.hpp"

namespace larder::share {

/// The folder, an OCI layout, that a manifest's packs are fetched into. It stays in the store where the fetch is
/// interrupted, also by kill -9, and the next one goes on with what is whole; what nobody has gone on with for a day
/// goes with the store's upkeep.
class Incoming {
 public:
  /// Opens the manifest's folder, with those of the `needed` packs in it that an earlier fetch has brought, and nothing
  /// else. Where another process is fetching the same: a new one at `own_folder`, relative to the store.
  static Result<Incoming> open(const store::Store& store, const Blob& manifest, const std::vector<Pack>& needed,
                               const std::string& own_folder);

  const BlobWriter& layout() const { return layout_; }

  /// Has programs that are started while the value lives hold the lock, too: one that outlives this process may still
  /// write into the folder.
  UniqueFd let_programs_lock() const;

  /// How much of the packs an earlier fetch has brought.
  uint64_t resumed_bytes() const { return resumed_bytes_; }

  /// Removes the folder: all of it is taken, or of no use.
  void remove();

 private:
  Incoming(const store::Store& store, BlobWriter layout, std::optional<FileLock> lock)
      : store_(&store), layout_(std::move(layout)), lock_(std::move(lock)) {}

  const store::Store* store_;
  BlobWriter layout_;
  std::optional<FileLock> lock_;  ///< none: the folder is the caller's
  uint64_t resumed_bytes_ = 0;
};

}  // namespace larder::share
