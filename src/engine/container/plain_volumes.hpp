#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/container/facts.hpp"
#include "engine/container/volumes.hpp"

namespace larder::engine {

// Volumes that an engine keeps itself, since it cannot mount what lies in the store. They have no transactions, no
// history and share nothing; what a killed build has half written stays.

/// What builds lose where this engine keeps plain volumes, in one sentence for people.
std::string what_plain_volumes_lack(const std::string& engine);

/// Makes the volumes that are not there yet, and gives them to the caller. A volume that is not Larder's, or is another
/// user's, is ErrorCode::environment.
Status make_plain_volumes(const Client& client, const Facts& facts, const std::string& store_path, const Spec& spec,
                          const std::vector<EngineVolume>& volumes);

/// The plain volumes of Larder's by their names. Whoever makes one gives it an id: one that was removed and made anew
/// is another.
using VolumeIds = std::map<std::string, std::string>;
Result<VolumeIds> plain_volume_ids(const Client& client);

/// A plain volume of Larder's that an engine has.
struct KeptVolume {
  std::string name;
  Labels labels;
  std::optional<uint64_t> bytes;  ///< as the engine says, rounded to four digits; none where it does not
  bool in_use = false;            ///< by a container
  int64_t last_used_seconds = 0;  ///< by this store's builds; 0: never

  /// The label's value; empty where the volume has no such label.
  std::string label(const std::string& key) const;
};

/// The plain volumes of Larder's that the engine has, of all stores, sorted by name.
Result<std::vector<KeptVolume>> kept_volumes(const Client& client, const Facts& facts, const std::string& store_path);

/// Removes a plain volume with all that is in it. ErrorCode::environment where a container uses it.
Status remove_kept_volume(const Client& client, const Facts& facts, const std::string& store_path,
                          const std::string& name);

/// Pure: what docker's `system df -v` says of volumes.
Result<std::vector<KeptVolume>> parse_disk_usage(const std::string& text);

}  // namespace larder::engine
