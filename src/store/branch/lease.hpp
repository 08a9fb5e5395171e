#pragma once

#include <string>
#include <vector>

#include "store/store.hpp"
#include "store/volume.hpp"

namespace larder::store {

/// A living transaction's word, in transactions/<id>/lease, about what it uses: the collector keeps these layers, and
/// nobody removes these volumes. The lease lives as long as its file is locked (flock).
struct LiveLease {
  std::string transaction;  ///< its id
  std::string holder;       ///< tells others who it is ("larder build x64, process 4711")
  std::vector<VolumeKey> volumes;
  std::vector<std::string> layers;
};

/// The leases of all transactions that the store has.
struct Leases {
  std::vector<LiveLease> live;
  std::vector<std::string> dead;  ///< ids of transactions whose process is gone

  /// The lease that has this volume; null where none has.
  const LiveLease* user_of(const VolumeKey& key) const;
};

/// What the lease's file says.
std::string format_lease(const LiveLease& lease);

/// Reads the lease of every transaction. The caller holds the store's lock, so that none is being made meanwhile.
/// ErrorCode::damage where a living one cannot be understood.
Result<Leases> read_leases(const Store& store);

}  // namespace larder::store
