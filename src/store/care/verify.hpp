#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "store/branch/ref.hpp"

namespace larder::store {

enum class Harm {
  content,     ///< a file's bytes are others
  size,        ///< a file's; the bytes are then not read
  mode,        ///< permission bits
  mtime,       ///< a directory's is looked at only where no entry of it is missing or too many
  link,        ///< a symbolic link leads elsewhere
  opaque,      ///< a directory has overlayfs's mark that it hides what lies below, or has lost it
  xattr,       ///< extended attributes that a build has set on a file or directory
  type,        ///< a directory where a file was, and the like
  missing,     ///< with all that was in it
  extra,       ///< with all that is in it
  unreadable,  ///< the disk or the modes refuse
  torn         ///< a manifest, generation or ref that cannot be understood
};

const char* to_string(Harm harm);

struct Damage {
  std::string layer;  ///< empty for generations and refs
  std::string path;   ///< in the layer; empty where the layer as a whole is meant; else in the store
  Harm harm;

  auto operator<=>(const Damage&) const = default;
};

/// A volume that has to do with damage, and those of its generations that have, newest first.
struct Affected {
  VolumeKey key;
  std::vector<std::string> generations;
};

struct Verification {
  std::vector<Damage> damage;  ///< sorted
  std::vector<Affected> affected;
  uint64_t volumes = 0;
  uint64_t generations = 0;
  uint64_t layers = 0;     ///< read, each once
  uint64_t unsettled = 0;  ///< layers that have no manifest yet, so there is nothing to compare them with
  uint64_t files = 0;      ///< read, those with several links once
  uint64_t bytes = 0;      ///< of these files
};

struct VerifyRequest {
  std::vector<VolumeKey> volumes;  ///< none: all of them
  std::string holder;              ///< tells others who holds the layers
  unsigned workers = 1;            ///< threads
  /// Called on any of them, but by one at a time.
  std::function<void(uint64_t done_bytes, uint64_t all_bytes)> progress = {};
};

/// Compares every layer that these volumes' kept generations reach with its manifest, and reads their records. Nothing
/// waits for it, and nothing that it reads is collected meanwhile. Damage is no error; `affected` has all volumes of
/// the store that it concerns.
Result<Verification> verify(const Store& store, const VerifyRequest& request);

}  // namespace larder::store
