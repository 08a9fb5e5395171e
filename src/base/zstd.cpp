#include "base/zstd.hpp"

#include <zstd.h>

#include <algorithm>
#include <cstring>

namespace larder {
namespace {

/// zstd's own default. On compiled volumes 6 is a twentieth smaller and takes twice as long.
constexpr int level = 3;

Error not_a_frame(const std::string& cause) {
  return Error{ErrorCode::damage, "compressed data is torn or altered", cause, {}, 0};
}

void set_parameters(ZSTD_CCtx* context) {
  INVARIANT(context != nullptr);
  INVARIANT(ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)) == 0);
  INVARIANT(ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 0)) == 0);
}

}  // namespace

ZstdWriter::ZstdWriter(Sink sink)
    : context_(ZSTD_createCCtx(), ZSTD_freeCCtx), sink_(std::move(sink)), buffer_(ZSTD_CStreamOutSize(), '\0') {
  set_parameters(context_.get());
}

ZstdWriter::~ZstdWriter() = default;

Status ZstdWriter::write(std::string_view bytes) {
  ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
  while (input.pos < input.size) {
    ZSTD_outBuffer output{buffer_.data(), buffer_.size(), 0};
    INVARIANT(ZSTD_isError(ZSTD_compressStream2(context_.get(), &output, &input, ZSTD_e_continue)) == 0);
    if (output.pos > 0) TRY(sink_({buffer_.data(), output.pos}));
  }
  return {};
}

Status ZstdWriter::finish() {
  ZSTD_inBuffer nothing{nullptr, 0, 0};
  while (true) {
    ZSTD_outBuffer output{buffer_.data(), buffer_.size(), 0};
    const size_t left = ZSTD_compressStream2(context_.get(), &output, &nothing, ZSTD_e_end);
    INVARIANT(ZSTD_isError(left) == 0);
    if (output.pos > 0) TRY(sink_({buffer_.data(), output.pos}));
    if (left == 0) return {};
  }
}

ZstdReader::ZstdReader(Source source)
    : context_(ZSTD_createDCtx(), ZSTD_freeDCtx), source_(std::move(source)), buffer_(ZSTD_DStreamInSize(), '\0') {
  INVARIANT(context_ != nullptr);
}

ZstdReader::~ZstdReader() = default;

Status ZstdReader::fill() {
  if (begin_ < end_) return {};
  begin_ = 0;
  TRY_ASSIGN(end_, source_(buffer_.data(), buffer_.size()));
  return {};
}

Result<size_t> ZstdReader::read(char* buffer, size_t size) {
  ZSTD_outBuffer output{};
  output.dst = buffer;
  output.size = size;
  while (output.pos == 0 && size > 0) {
    TRY(fill());
    if (ended_) {
      if (begin_ < end_) return fail(not_a_frame("something follows its end"));
      return 0;
    }
    const bool is_at_end = begin_ == end_;
    ZSTD_inBuffer input{buffer_.data(), end_, begin_};
    const size_t left = ZSTD_decompressStream(context_.get(), &output, &input);
    if (ZSTD_isError(left) != 0) return fail(not_a_frame(ZSTD_getErrorName(left)));
    begin_ = input.pos;
    ended_ = left == 0;
    if (is_at_end && !ended_ && output.pos == 0) return fail(not_a_frame("its end is missing"));
  }
  return output.pos;
}

std::string zstd_compress(std::string_view text) {
  const std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  set_parameters(context.get());
  std::string frame(ZSTD_compressBound(text.size()), '\0');
  const size_t size = ZSTD_compress2(context.get(), frame.data(), frame.size(), text.data(), text.size());
  INVARIANT(ZSTD_isError(size) == 0);
  frame.resize(size);
  return frame;
}

Result<std::string> zstd_decompress(std::string_view frame, size_t bytes_max) {
  ZstdReader reader([&frame](char* buffer, size_t size) -> Result<size_t> {
    const size_t count = std::min(size, frame.size());
    std::memcpy(buffer, frame.data(), count);
    frame.remove_prefix(count);
    return count;
  });
  constexpr size_t step = size_t{256} << 10U;
  std::string text;
  while (true) {
    const size_t done = text.size();
    text.resize(done + step);
    TRY_ASSIGN(const size_t count, reader.read(text.data() + done, step));
    text.resize(done + count);
    if (count == 0) return text;
    if (text.size() > bytes_max) return fail(not_a_frame("it is larger than it may be"));
  }
}

}  // namespace larder
