#include "base/sha256.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>

#include "base/result.hpp"

namespace larder {
namespace {

/// Looking the algorithm up costs more than hashing a small file, so it is done once, and without OpenSSL's own
/// configuration and error texts, which nothing here needs.
EVP_MD* find_algorithm() {
  INVARIANT(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS, nullptr) == 1);
  return EVP_MD_fetch(nullptr, "SHA256", nullptr);
}

const EVP_MD* algorithm() {
  static EVP_MD* const md = find_algorithm();
  INVARIANT(md != nullptr);
  return md;
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
  INVARIANT(context_ && EVP_DigestInit_ex2(context_.get(), algorithm(), nullptr) == 1);
}

Sha256::~Sha256() = default;

void Sha256::update(const void* data, size_t size) { INVARIANT(EVP_DigestUpdate(context_.get(), data, size) == 1); }

void Sha256::field(std::string_view text) {
  update(std::to_string(text.size()) + ":");
  update(text);
}

std::string Sha256::finish() {
  std::array<unsigned char, 32> digest{};
  INVARIANT(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
  INVARIANT(EVP_DigestInit_ex2(context_.get(), algorithm(), nullptr) == 1);
  std::string text;
  text.reserve(64);
  for (const unsigned char byte : digest) fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  return text;
}

std::string sha256_hex(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return hash.finish();
}

}  // namespace larder
