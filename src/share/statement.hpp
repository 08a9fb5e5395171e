#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "share/manifest.hpp"

namespace larder::share {

/// What is said of a volume's state that was pushed, in its manifest's annotations: which volume of whose it is, when
/// it was pushed, and which bytes it is. A signature is of this text.
struct Statement {
  std::string repository;  ///< of the registry; the host in small letters
  std::string project;
  std::string branch;
  std::string volume;
  std::string variant;  ///< of the volume that it becomes; see `destination_of`
  std::string commit;   ///< that was checked out at the push; may be empty
  uint64_t sequence = 0;
  int64_t seconds = 0;  ///< time of the push, since 1970
  std::string content;  ///< see `content_of`

  bool operator==(const Statement&) const = default;
};

constexpr uint64_t sequence_max = uint64_t{1} << 53U;  ///< no volume is pushed so often

/// A digest of all digests and sizes that the manifest names, and of nothing else: the same for the same state, whoever
/// pushes it and when.
std::string content_of(const Manifest& manifest);

/// The statement as text; docs/sharing.md has the format.
std::string format_statement(const Statement& statement);

/// Reads a statement of unknown origin. ErrorCode::damage where it is malformed.
Result<Statement> parse_statement(const std::string& text);

/// Whose state a manifest must be, as the tag says under which it was found.
struct Place {
  std::string repository;  ///< as in a statement
  std::string project;
  std::string branch;
};

/// The repository's name with its host in small letters.
std::string normal_repository(const std::string& repository);

/// Checks that the manifest's statement is signed by one of these keys, is of this place, and of just this manifest.
/// ErrorCode::environment, which names what is wrong and what mends it.
Result<Statement> check_signed(const Manifest& manifest, const Place& place,
                               const std::vector<std::string>& public_keys);

/// Checks that a signed statement is of this volume, as the manifest's description says it.
Status check_volume(const Statement& statement, const std::string& volume, const std::string& variant);

}  // namespace larder::share
