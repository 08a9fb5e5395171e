#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace larder {

/// Identity says who the calling process is in a user namespace of its own.
enum class Identity {
  caller,  ///< itself, and nobody else is there; for root all others are, too, so that it may do what it may outside
  root     ///< root, beside the caller's subordinate ids; for root itself beside its own first 65,536
};

/// Moves this process into a new user namespace with all capabilities in it; `other_namespaces` are CLONE_NEW* flags.
/// The caller must be single-threaded. Files keep their owner: with Identity::root the caller's files are root's in the
/// namespace. An error has the command that mends it.
Status enter_user_namespace(Identity identity, int other_namespaces = 0);

/// The same, in which the caller's effective ids are these, and nobody else is there.
Status enter_user_namespace_as(uid_t uid, gid_t gid, int other_namespaces = 0);

/// Gives the command that lifts what forbids user namespaces here; empty where nothing known does.
std::string user_namespace_remedy();

/// What to do where the kernel refuses a user namespace, and neither a setting nor a container's filter is why.
constexpr const char* chroot_remedy =
    "run Larder outside of the chroot, if this is one: the kernel gives none there; else see `sudo dmesg`";

/// Whether the kernel refuses a user namespace so; tried in a child.
bool refuses_as_in_chroot();

/// An IdRange is a range of subordinate ids that somebody may use besides their own id.
struct IdRange {
  std::string owner;  ///< a name, or a number
  uint64_t first = 0;
  uint64_t count = 0;
};

/// Identity::root takes so many subordinate ids of a user.
inline constexpr uint32_t subordinate_ids_needed = 65536;

/// Gives a map (user_namespaces(7)) of the ids from 0 on, each to itself, of a namespace whose own map reads `own_map`:
/// at most `subordinate_ids_needed`. In a container they may be few, and in a rootless one they come in two ranges: the
/// caller, who is root there, and its subordinate ids.
std::string map_of_first_ids(const std::string& own_map);

/// Reads the text of /etc/subuid or /etc/subgid, see subuid(5).
std::vector<IdRange> parse_id_ranges(const std::string& text);

/// Gives the user's first range that is large enough.
std::optional<IdRange> find_id_range(const std::vector<IdRange>& ranges, const std::string& name, uint32_t uid);

}  // namespace larder
