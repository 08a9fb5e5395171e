#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace larder {

/// TarEntry is one entry of an archive, owned by root.
struct TarEntry {
  enum class Kind : char { file = '0', link = '2', folder = '5', pipe = '6' };

  std::string path;  ///< relative; of a folder without a slash at its end
  Kind kind = Kind::file;
  uint32_t mode = 0644;
  uint64_t size_bytes = 0;  ///< of a file
  int64_t mtime_seconds = 0;
  int64_t mtime_nanoseconds = 0;
  std::string link = {};  ///< the text of a symbolic link
};

/// TarWriter writes an archive in the format ustar, with pax records where that has no room: pax(1) in POSIX.1-2017; a
/// size of 8 GiB and more is in base 256, as GNU tar has it. The same entries give the same bytes.
class TarWriter {
 public:
  /// Takes the archive's bytes in pieces. Its first error ends the writing.
  using Sink = std::function<Status(std::string_view bytes)>;

  explicit TarWriter(Sink sink) : sink_(std::move(sink)) {}

  /// Begins an entry. The content of a file has to follow before the next one.
  Status add(const TarEntry& entry);
  /// Writes a piece of the content of the file begun last; all pieces together have its `size_bytes`.
  Status content(std::string_view bytes);
  /// Ends the archive.
  Status finish();

 private:
  Status header(const TarEntry& entry, const std::string& path, char type, uint64_t size_bytes);
  Status fill_block();

  Sink sink_;
  uint64_t left_ = 0;     ///< content that the file still lacks
  uint64_t written_ = 0;  ///< content of it so far
};

}  // namespace larder
