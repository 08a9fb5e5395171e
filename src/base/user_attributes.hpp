#pragma once

#include <map>
#include <string>

#include "base/os.hpp"

namespace larder {

/// Extended attributes that programs have set, by name: those in the namespace `user.`, but for overlayfs's own
/// (`user.overlay.…`).
using UserAttributes = std::map<std::string, std::string>;

/// Those of a file or directory; none where its file system has no such attributes. Other kinds of entries cannot have
/// any and must not be asked for: the kernel would answer for them with an error.
Result<UserAttributes> read_user_attributes(Os& os, int dir, const std::string& path);

/// Gives all of one entry's to another, where that one's file system has such attributes.
Status copy_user_attributes(Os& os, int from_dir, const std::string& from, int to_dir, const std::string& to);

/// SHA-256 over names and values, each as a field, in the order of names; empty where there are none.
std::string hash_user_attributes(const UserAttributes& attributes);

}  // namespace larder
