#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/store.hpp"

namespace larder::store {

/// What a manifest says of one entry of a layer.
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

/// A manifest lists what a sealed layer holds, entry by entry, sorted by path. Its presence says that the layer is
/// durable.
using Manifest = std::vector<ManifestEntry>;

/// Describes an entry of `dir` as a manifest does, but for a file's content; `path` is its name.
Result<ManifestEntry> describe_entry(Os& os, int dir, const std::string& name, const struct stat& status);

/// Walks and hashes layers/<layer>/tree. Files and directories in it that their owner may not read are made readable.
Result<Manifest> scan_layer(const Store& store, const std::string& layer);

/// The text of a manifest: one line per entry, closed by a line with the number of entries and the SHA-256 of all
/// before it.
std::string format_manifest(const Manifest& manifest);
/// Reads the text of a manifest. ErrorCode::damage where it is torn or altered.
Result<Manifest> parse_manifest(const std::string& text);

/// Writes the layer's manifest, durably.
Status write_manifest(const Store& store, const std::string& layer, const Manifest& manifest);
/// Reads the layer's manifest. ErrorCode::damage where it is missing or altered.
Result<Manifest> read_manifest(const Store& store, const std::string& layer);
/// Whether the layer has a manifest: it is then durable.
Result<bool> has_manifest(const Store& store, const std::string& layer);

}  // namespace larder::store
