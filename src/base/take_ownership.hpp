#pragma once

#include <string>

#include "base/os.hpp"

namespace larder {

/// Makes everything in the tree belong to root (as the calling process's user namespace sees it), readable and writable
/// by its owner, without set-user-id and set-group-id bits and without capabilities. Removes sockets, pipes and
/// devices, but for overlayfs's mark of a deletion. Follows no symbolic link.
Status take_ownership(Os& os, int dir, const std::string& path);

}  // namespace larder
