#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "store/branch/ref.hpp"
#include "store/care/damage.hpp"

namespace larder::store {

/// A volume that damage concerns, and the ids of its damaged generations, newest first.
struct Affected {
  VolumeKey key;
  std::vector<std::string> generations;
};

/// What a verification has read and found.
struct Verification {
  std::vector<Damage> damage;  ///< sorted
  std::vector<Affected> affected;
  uint64_t volumes = 0;
  uint64_t generations = 0;
  uint64_t layers = 0;     ///< read, each once
  uint64_t unsettled = 0;  ///< layers that have no manifest yet, so there is nothing to compare them with
  uint64_t files = 0;      ///< read, each once, however many links it has
  uint64_t bytes = 0;      ///< of these files
};

/// What to verify, and how.
struct VerifyRequest {
  std::vector<VolumeKey> volumes;  ///< none: all of them
  std::string holder;              ///< tells others who holds the layers
  unsigned workers = 1;            ///< threads
  /// Called on any of the threads, but by one at a time.
  std::function<void(uint64_t done_bytes, uint64_t all_bytes)> progress = {};
};

/// Compares every layer that these volumes' kept generations reach with its manifest, and reads their refs and
/// generations. Nothing waits for it, and nothing that it reads is collected meanwhile. Damage is no error; `affected`
/// has all volumes of the store that it concerns.
Result<Verification> verify(const Store& store, const VerifyRequest& request);

}  // namespace larder::store
