#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/user_attributes.hpp"

namespace larder::share {

/// The content of a file, by which all who have it know it. Its place in packs decides nothing else.
struct Content {
  std::string digest;  ///< SHA-256, 64 hexadecimal digits
  uint64_t bytes = 0;

  bool operator==(const Content&) const = default;
};

/// A blob with contents one after another, compressed as one zstd frame.
struct Pack {
  std::string digest;  ///< of the blob
  uint64_t bytes = 0;  ///< of the blob
  std::vector<Content> contents;

  uint64_t content_bytes() const;
  bool operator==(const Pack&) const = default;
};

/// One entry of a volume's tree.
struct Entry {
  std::string path;
  char type = 'f';    ///< f file, h another name of a file, d directory, o opaque directory, l link, x deletion
  uint32_t mode = 0;  ///< permission bits and the sticky bit: no set-user-id or set-group-id
  int64_t mtime_seconds = 0;
  int64_t mtime_nanoseconds = 0;
  Content content = {};     ///< of a file
  std::string target = {};  ///< of a link its text, of another name the path of the first one
  UserAttributes attributes = {};

  bool operator==(const Entry&) const = default;
};

/// What a shared generation holds: the tree as builds see it, whatever its layers were, and which pack has the content
/// of each of its files.
struct Index {
  std::vector<Entry> entries;      ///< a directory before what is in it, siblings sorted by name
  std::vector<Pack> packs;         ///< may also have contents that no entry needs
  bool hides_known = false;        ///< see store::SourceRef::hides
  std::vector<std::string> hides;  ///< the same

  bool operator==(const Index&) const = default;
};

constexpr size_t entries_max = 4'000'000;
constexpr size_t packs_max = 400;  ///< registries limit the number of a manifest's layers
constexpr size_t path_bytes_max = 4095;
constexpr size_t depth_max = 100;
constexpr size_t index_bytes_max = size_t{1} << 30U;
constexpr uint64_t content_bytes_max = uint64_t{1} << 42U;  ///< of all files

/// Whether the text is a SHA-256 in hexadecimal.
bool is_digest(const std::string& text);

/// The index as text; docs/sharing.md has the format. Each entry's content is in one of the packs, or empty.
std::string format_index(const Index& index);

/// Reads an index of unknown origin. ErrorCode::damage where it is malformed, exceeds the limits above, or where
/// entries could lead out of an empty folder in which they are made in their order: each lies in a directory that is an
/// entry before it.
Result<Index> parse_index(const std::string& text);

}  // namespace larder::share
