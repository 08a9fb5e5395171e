#pragma once

#include <map>
#include <string>

#include "base/os.hpp"

namespace larder {

/// UserAttributes are the extended attributes that programs have set, by name: all in the namespace `user.`, but for
/// overlayfs's own (`user.overlay.…`).
using UserAttributes = std::map<std::string, std::string>;

/// Reads those of a file or directory; none where its file system has no such attributes. Other kinds of entries cannot
/// have any and must not be asked for: the kernel would answer for them with an error.
Result<UserAttributes> read_user_attributes(Os& os, int dir, const std::string& path);

/// Copies all user attributes of one entry to another whose file system has such attributes; elsewhere it does nothing.
Status copy_user_attributes(Os& os, int from_dir, const std::string& from, int to_dir, const std::string& to);

/// Gives the SHA-256 over names and values, each as a field, in the order of names; empty where there are none.
std::string hash_user_attributes(const UserAttributes& attributes);

}  // namespace larder
