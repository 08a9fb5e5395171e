#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct SHA256state_st;

namespace larder {

/// Sha256 hashes bytes given in pieces (FIPS 180-4).
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(const void* data, size_t size);
  void update(std::string_view text) { update(text.data(), text.size()); }
  /// Adds a field so that no two lists of fields give the same bytes: its length, then itself.
  void field(std::string_view text);
  /// Gives 64 hexadecimal digits; the object is then ready for the next message.
  std::string finish();
  /// The digest as it is; the object is then ready for the next message.
  std::array<uint8_t, 32> finish_bytes();

 private:
  std::unique_ptr<SHA256state_st> state_;
};

std::string sha256_hex(std::string_view text);

}  // namespace larder
