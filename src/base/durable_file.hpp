#pragma once

#include <string>
#include <string_view>

#include "base/os.hpp"

namespace larder {

enum class Durability {
  none,  ///< whole after a crash of the process; after a power cut old, new, empty or torn
  disk   ///< on disk when the function returns: the file and its directory's entry
};

/// Replaces `path` (relative to `dir`) by a file with this content: temporary file, rename. A reader sees the old
/// or the new content, never a mix. On failure the temporary file is gone and the old one stands; only where the
/// directory could not be synced, which is the last step, the new one stands and may not be durable. `mode` is the
/// file's, less the umask.
Status replace_file(Os& os, int dir, const std::string& path, std::string_view content, Durability durability,
                    mode_t mode = 0666);

}  // namespace larder
