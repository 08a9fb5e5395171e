// OpenSSL 3 marks these functions as old, in favour of EVP. EVP's first lookup of an algorithm sorts the names of all
// ciphers and digests, which was a quarter of the work of a start of larder.
#define OPENSSL_API_COMPAT 10101

#include "base/sha256.hpp"

#include <openssl/sha.h>

#include <array>

#include "base/result.hpp"
#include "base/text.hpp"

namespace larder {

Sha256::Sha256() : state_(std::make_unique<SHA256_CTX>()) { INVARIANT(SHA256_Init(state_.get()) == 1); }

Sha256::~Sha256() = default;

void Sha256::update(const void* data, size_t size) { INVARIANT(SHA256_Update(state_.get(), data, size) == 1); }

void Sha256::field(std::string_view text) {
  update(std::to_string(text.size()) + ":");
  update(text);
}

std::array<uint8_t, 32> Sha256::finish_bytes() {
  std::array<uint8_t, 32> digest{};
  INVARIANT(SHA256_Final(digest.data(), state_.get()) == 1);
  INVARIANT(SHA256_Init(state_.get()) == 1);
  return digest;
}

std::string Sha256::finish() {
  const auto digest = finish_bytes();
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string sha256_hex(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return hash.finish();
}

}  // namespace larder
