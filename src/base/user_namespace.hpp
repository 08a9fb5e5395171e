#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace larder {

/// Who the calling process is in a user namespace of its own.
enum class Identity {
  caller,  ///< itself, and nobody else is there
  root     ///< root, beside the caller's subordinate ids; for root itself beside its own first 65,536
};

/// Moves this process into a new user namespace with all capabilities in it; `other_namespaces` are CLONE_NEW* flags.
/// The caller must be single-threaded. Who the files of the caller belong to does not change: as root in there they are
/// root's. An error has the command that mends it.
Status enter_user_namespace(Identity identity, int other_namespaces = 0);

/// The command that lifts what forbids user namespaces here; empty where nothing known does.
std::string user_namespace_remedy();

/// A range of ids that belongs to somebody besides the own one.
struct IdRange {
  std::string owner;  ///< a name, or a number
  uint64_t first = 0;
  uint64_t count = 0;
};

/// How many Identity::root takes of a user.
inline constexpr uint32_t subordinate_ids_needed = 65536;

/// The text of /etc/subuid or /etc/subgid, see subuid(5).
std::vector<IdRange> parse_id_ranges(const std::string& text);

/// The user's first range that is large enough.
std::optional<IdRange> find_id_range(const std::vector<IdRange>& ranges, const std::string& name, uint32_t uid);

}  // namespace larder
