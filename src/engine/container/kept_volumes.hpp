#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/container/plain_volumes.hpp"

namespace larder::engine {

/// The plain volumes that one container engine keeps itself.
struct KeptByEngine {
  Client client;
  Facts facts;
  std::vector<KeptVolume> volumes;

  /// The sum of the sizes that the engine tells.
  uint64_t bytes() const;
};

/// An engine that keeps volumes, and does not answer now.
struct SilentEngine {
  std::string name;
  Error error;
};

/// What all engines keep.
struct KeptFindings {
  std::vector<KeptByEngine> kept;  ///< of engines that have at least one volume
  std::vector<SilentEngine> silent;
};

/// Asks each engine of which the store has noted that it keeps volumes itself.
KeptFindings find_kept(const std::string& store_path);

/// The volumes for which `keep` is true; an engine without any is left out.
std::vector<KeptByEngine> filter_kept(std::vector<KeptByEngine> kept,
                                      const std::function<bool(const KeptVolume&)>& keep);

/// The volumes that no build of this store has used since then, in Unix seconds. A volume that is in use, or of which
/// no use is known, is not among them.
std::vector<KeptByEngine> unused_since(std::vector<KeptByEngine> kept, int64_t seconds);

/// How many volumes there are, of all engines together.
size_t count_kept(const std::vector<KeptByEngine>& kept);

/// Removes all these volumes. Where one of an engine's is in use, none of that engine's is removed, and the result is
/// ErrorCode::environment.
Status remove_kept(const std::vector<KeptByEngine>& kept, const std::string& store_path);

}  // namespace larder::engine
