#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace larder {

/// Compresses bytes given in pieces to one zstd frame (RFC 8878). The same bytes give the same frame, by one version of
/// libzstd, however they are cut to pieces.
class ZstdWriter {
 public:
  /// Takes the next bytes of the frame.
  using Sink = std::function<Status(std::string_view bytes)>;

  explicit ZstdWriter(Sink sink);
  ~ZstdWriter();
  ZstdWriter(const ZstdWriter&) = delete;
  ZstdWriter& operator=(const ZstdWriter&) = delete;

  Status write(std::string_view bytes);
  /// Ends the frame; nothing can be written after it.
  Status finish();

 private:
  std::unique_ptr<ZSTD_CCtx_s, size_t (*)(ZSTD_CCtx_s*)> context_;
  Sink sink_;
  std::string buffer_;
};

/// Decompresses one zstd frame. A torn or altered frame, or one that needs more than 128 MiB of memory, is
/// ErrorCode::damage. Whoever reads bounds the number of bytes.
class ZstdReader {
 public:
  /// Puts the next bytes of the frame at `buffer`, at most `size`, and gives their number; 0 at the end.
  using Source = std::function<Result<size_t>(char* buffer, size_t size)>;

  explicit ZstdReader(Source source);
  ~ZstdReader();
  ZstdReader(const ZstdReader&) = delete;
  ZstdReader& operator=(const ZstdReader&) = delete;

  /// Gives the next bytes, at most `size` of them; 0 at the end of the frame, which must be that of the source, too.
  Result<size_t> read(char* buffer, size_t size);

 private:
  Status fill();

  std::unique_ptr<ZSTD_DCtx_s, size_t (*)(ZSTD_DCtx_s*)> context_;
  Source source_;
  std::string buffer_;
  size_t begin_ = 0;  ///< of what is still to be decompressed in the buffer
  size_t end_ = 0;
  bool ended_ = false;
};

/// Compresses a text to one frame. It takes three quarters of the time that a ZstdWriter takes, which has to keep what
/// it was given in a ring, and gives another frame.
std::string zstd_compress(std::string_view text);
/// Decompresses one frame of at most `bytes_max` bytes of content; ErrorCode::damage for a larger one.
Result<std::string> zstd_decompress(std::string_view frame, size_t bytes_max);

}  // namespace larder
