// This source may be compiled as one with sha256.cpp, which needs OpenSSL's older functions.
#define OPENSSL_API_COMPAT 10101

#include "base/ed25519.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/random.h>

#include <array>
#include <memory>
#include <optional>

#include "base/text.hpp"

namespace larder {
namespace {

constexpr size_t key_bytes = 32;
constexpr size_t signature_bytes = 64;
constexpr std::string_view private_prefix = "ed25519-private:";
constexpr std::string_view public_prefix = "ed25519:";

struct FreeKey {
  void operator()(EVP_PKEY* key) const { ::EVP_PKEY_free(key); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { ::EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

/// What stands behind the prefix, as this many bytes; no value where the text is of another form.
std::optional<std::string> bytes_behind(std::string_view prefix, std::string_view text, size_t bytes) {
  if (!text.starts_with(prefix)) return std::nullopt;
  auto found = from_hex(text.substr(prefix.size()));
  return found && found->size() == bytes ? std::move(found) : std::nullopt;
}

Key private_key(std::string_view seed) {
  Key key(::EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(seed), seed.size()));
  INVARIANT(key != nullptr);
  return key;
}

}  // namespace

SigningKey SigningKey::make() {
  std::string seed(key_bytes, '\0');
  INVARIANT(::getrandom(seed.data(), seed.size(), 0) == static_cast<ssize_t>(seed.size()));
  return SigningKey(std::move(seed));
}

Result<SigningKey> SigningKey::parse(std::string_view text) {
  auto seed = bytes_behind(private_prefix, trim(text), key_bytes);
  if (seed) return SigningKey(std::move(*seed));
  return fail(ErrorCode::usage, "this is no private key", {}, "`larder key new FILE` makes one");
}

SigningKey::~SigningKey() { wipe(seed_); }

std::string SigningKey::secret() const { return std::string(private_prefix) + to_hex(seed_); }

std::string SigningKey::public_key() const {
  const Key key = private_key(seed_);
  std::array<unsigned char, key_bytes> bytes{};
  size_t size = bytes.size();
  INVARIANT(::EVP_PKEY_get_raw_public_key(key.get(), bytes.data(), &size) == 1 && size == bytes.size());
  return std::string(public_prefix) + to_hex({reinterpret_cast<const char*>(bytes.data()), size});
}

std::string SigningKey::sign(std::string_view message) const {
  const Key key = private_key(seed_);
  const Context context(::EVP_MD_CTX_new());
  std::array<unsigned char, signature_bytes> bytes{};
  size_t size = bytes.size();
  INVARIANT(context != nullptr && ::EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
            ::EVP_DigestSign(context.get(), bytes.data(), &size, bytes_of(message), message.size()) == 1);
  return to_hex({reinterpret_cast<const char*>(bytes.data()), size});
}

void wipe(std::string& text) {
  ::OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

bool is_public_key(std::string_view text) { return bytes_behind(public_prefix, text, key_bytes).has_value(); }

bool is_signed_by(std::string_view public_key, std::string_view message, std::string_view signature) {
  const auto raw = bytes_behind(public_prefix, public_key, key_bytes);
  const auto signed_bytes = bytes_behind("", signature, signature_bytes);
  if (!raw || !signed_bytes) return false;
  const Key key(::EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(*raw), raw->size()));
  const Context context(::EVP_MD_CTX_new());
  return key != nullptr && context != nullptr &&
         ::EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         ::EVP_DigestVerify(context.get(), bytes_of(*signed_bytes), signed_bytes->size(), bytes_of(message),
                            message.size()) == 1;
}

}  // namespace larder
