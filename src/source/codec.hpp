#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/sha256.hpp"

namespace larder::source {

/// Writes numbers (in the machine's byte order) and texts one after another; `finish` adds their SHA-256.
class Writer {
 public:
  explicit Writer(std::string_view first_line) : text_(first_line) {}

  template <typename Number>
  void number(Number value) {
    text_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void bytes(const void* data, size_t size) { text_.append(static_cast<const char*>(data), size); }
  void text(std::string_view value) {
    number(static_cast<uint32_t>(value.size()));
    text_ += value;
  }
  std::string finish() {
    Sha256 hash;
    hash.update(text_);
    const auto digest = hash.finish_bytes();
    bytes(digest.data(), digest.size());
    return std::move(text_);
  }

 private:
  std::string text_;
};

/// Reads what a Writer has written. What is not there reads as zero and makes `failed` true.
class Reader {
 public:
  /// No value where the text does not begin so, or is torn or altered.
  static std::optional<Reader> open(std::string_view text, std::string_view first_line) {
    constexpr size_t digest_bytes = 32;
    if (!text.starts_with(first_line) || text.size() < first_line.size() + digest_bytes) return std::nullopt;
    const std::string_view before = text.substr(0, text.size() - digest_bytes);
    Sha256 hash;
    hash.update(before);
    const auto digest = hash.finish_bytes();
    if (std::memcmp(digest.data(), text.data() + before.size(), digest_bytes) != 0) return std::nullopt;
    return Reader(before.substr(first_line.size()));
  }

  template <typename Number>
  Number number() {
    Number value{};
    bytes(&value, sizeof value);
    return value;
  }
  void bytes(void* data, size_t size) {
    failed_ = failed_ || size > rest_.size();
    if (failed_) return;
    std::memcpy(data, rest_.data(), size);
    rest_.remove_prefix(size);
  }
  std::string text() {
    const auto size = number<uint32_t>();
    failed_ = failed_ || size > rest_.size();
    if (failed_) return {};
    std::string value(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return value;
  }
  /// How many items follow, of which each takes at least `least_bytes`: never more than there is room for.
  size_t count(size_t least_bytes) {
    const auto count = number<uint64_t>();
    failed_ = failed_ || count > rest_.size() / least_bytes;
    return failed_ ? 0 : static_cast<size_t>(count);
  }
  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }

 private:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace larder::source
