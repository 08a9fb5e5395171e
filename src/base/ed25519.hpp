#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace larder {

/// A private Ed25519 key (RFC 8032). Its bytes are overwritten when its life ends.
class SigningKey {
 public:
  /// Makes a new key of the kernel's random bytes.
  static SigningKey make();

  /// Reads what `secret` gives. ErrorCode::usage where it is none; the error has nothing of the text.
  static Result<SigningKey> parse(std::string_view text);

  SigningKey(SigningKey&& other) noexcept : seed_(std::move(other.seed_)) {}
  SigningKey& operator=(SigningKey&&) = delete;
  ~SigningKey();

  /// The private key as text: "ed25519-private:" and 64 hexadecimal digits.
  std::string secret() const;

  /// The public key as text: "ed25519:" and 64 hexadecimal digits.
  std::string public_key() const;

  /// The signature of a message, as 128 hexadecimal digits. The same message has the same one.
  std::string sign(std::string_view message) const;

 private:
  explicit SigningKey(std::string seed) : seed_(std::move(seed)) {}

  std::string seed_;  ///< 32 bytes
};

/// Overwrites a text that held a secret, and empties it.
void wipe(std::string& text);

/// Whether the text has the form of `SigningKey::public_key`.
bool is_public_key(std::string_view text);

/// Whether the signature, as `SigningKey::sign` gives it, is that of the message by the key. False for what is no key
/// or no signature.
bool is_signed_by(std::string_view public_key, std::string_view message, std::string_view signature);

}  // namespace larder
