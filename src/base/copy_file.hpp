#pragma once

#include <string>

#include "base/os.hpp"

namespace larder {

/// Copies one regular file to a new name with its mode, its mtime to the nanosecond and its user attributes; shares the
/// blocks where the file system can. On failure there is no file of the new name.
Status copy_file(Os& os, int from_dir, const std::string& from, int to_dir, const std::string& to);

}  // namespace larder
