#pragma once

#include <string>

#include "base/os.hpp"

namespace larder::store {

// A store's stamp is a folder with a specimen of each thing in layers that a careless copy loses: an extended attribute
// (overlayfs's marks are such), a time to the nanosecond, a device 0:0 (a deletion). docs/format.md says more.

/// Makes the stamp of a new store, durably, where it has none. On a file system without such attributes there is none.
Status make_stamp(Os& os, int store);

/// ErrorCode::damage where the store at `path` is a copy that has lost what its stamp had; four system calls. A store
/// without a stamp is not examined.
Status check_stamp(Os& os, int store, const std::string& path);

}  // namespace larder::store
