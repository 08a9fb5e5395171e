#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/store.hpp"

namespace larder::store {

struct ManifestEntry {
  std::string path;
  char type = 'f';    ///< f file, d directory, o opaque directory, l link, x deletion, p pipe
  uint32_t mode = 0;  ///< permission bits
  uint64_t size_bytes = 0;
  int64_t mtime_seconds = 0;
  int64_t mtime_nanoseconds = 0;
  std::string content;          ///< SHA-256 of a file, target of a link, else empty
  std::string attributes = {};  ///< hash_user_attributes of a file or directory

  bool operator==(const ManifestEntry&) const = default;
};

/// What a sealed layer holds, entry by entry, sorted by path. Its presence says that the layer is durable.
using Manifest = std::vector<ManifestEntry>;

/// All that a manifest says of this entry of `dir`, but for a file's content; `path` is its name.
Result<ManifestEntry> describe_entry(Os& os, int dir, const std::string& name, const struct stat& status);

/// Walks and hashes layers/<layer>/tree. Files and directories in it that their owner may not read are made readable.
Result<Manifest> scan_layer(const Store& store, const std::string& layer);

/// One line per entry, closed by a line with the number of entries and the SHA-256 of all before it.
std::string format_manifest(const Manifest& manifest);
Result<Manifest> parse_manifest(const std::string& text);

Status write_manifest(const Store& store, const std::string& layer, const Manifest& manifest);
/// ErrorCode::damage where it is missing or altered.
Result<Manifest> read_manifest(const Store& store, const std::string& layer);
Result<bool> has_manifest(const Store& store, const std::string& layer);

}  // namespace larder::store
