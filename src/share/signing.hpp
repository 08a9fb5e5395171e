#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ed25519.hpp"
#include "share/statement.hpp"
#include "store/store.hpp"
#include "store/volume.hpp"

namespace larder::share {

/// Seconds since 1970, as the machine's clock says.
int64_t system_seconds();

/// Whose signatures count, and who signs.
struct Signing {
  static constexpr int64_t default_max_age_seconds = int64_t{90} * 24 * 60 * 60;

  std::vector<std::string> public_keys = {};  ///< empty: nothing is checked
  int64_t max_age_seconds = default_max_age_seconds;
  std::shared_ptr<const SigningKey> key = {};  ///< null: what is pushed is not signed
  std::function<int64_t()> now = system_seconds;

  /// ErrorCode::usage where what is pushed would be refused here: unsigned, or by a key that does not count.
  Status check_pushing() const;

  /// The keys that count for what a push goes on from: its own, too.
  std::vector<std::string> known_keys() const;
};

/// The newest statement that this store has accepted of the volume of this one: of the same repository, project,
/// branch, volume and variant.
Result<std::optional<Statement>> last_seen(const store::Store& store, const Statement& statement);

/// Takes a signed statement for good, and remembers it. ErrorCode::environment where it is older than one that was
/// seen, or, where none was, older than `max_age_seconds`. What is taken for untrusted builds is checked, and not
/// remembered: their project may name any key.
Status accept(const store::Store& store, const Statement& statement, const Signing& signing,
              store::Trust trust = store::Trust::trusted);

/// Where a private key is, beside the environment.
struct KeySource {
  std::string file = {};        ///< empty: none
  std::string descriptor = {};  ///< the number of an open file; empty: none
};

/// The variable that may hold a private key.
constexpr const char* key_variable = "LARDER_SIGNING_KEY";

/// Takes the variable's value out of the environment, so that no program that Larder starts has it. To be called at the
/// start of the process.
void take_key_variable();

/// The private key of the source, else of the variable, else of `default_file`; null where there is none. The error of
/// a key that cannot be read, or that others could read, has nothing of its text.
Result<std::shared_ptr<const SigningKey>> find_signing_key(Os& os, const KeySource& source,
                                                           const std::string& default_file);

/// Reads a private key from a file that only its owner can read.
Result<SigningKey> read_key_file(Os& os, const std::string& file);

}  // namespace larder::share
