#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/os.hpp"
#include "share/blobs.hpp"

namespace larder::share {

/// An OCI layout whose blobs can be read.
struct Layout {
  Blobs blobs;
  std::vector<Tagged> manifests;
};

/// Writes a whole layout as a tar (POSIX ustar) to the open file. The same layout gives the same bytes.
Status write_tar(Os& os, const BlobWriter& layout, int file);

/// Copies a tar from a stream, up to its end, which the stream may go on behind. `need_room` is asked before each
/// member's content, in bytes. Errors as of `open_tar`.
Status copy_tar(Os& os, int from, int to, const std::function<Status(uint64_t bytes)>& need_room);

/// Opens the layout in the tar `file`, which must be one that can be read at any place. Blobs are not checked yet.
/// ErrorCode::damage where the tar is torn, ErrorCode::usage where it is none, or holds no layout.
Result<Layout> open_tar(Os& os, UniqueFd file);

/// Opens the layout in a folder, relative to `dir`.
Result<Layout> open_folder(Os& os, int dir, const std::string& path);

}  // namespace larder::share
