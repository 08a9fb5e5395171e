#pragma once

#include <functional>
#include <vector>

#include "share/blobs.hpp"
#include "share/tree.hpp"

namespace larder::share {

/// Writes a pack of these contents, read from a generation's files. ErrorCode::damage where a file is not what its
/// layer's manifest says.
Result<Pack> write_pack(const store::Store& store, const store::MergedTree& merged, const Tree& tree,
                        const std::vector<Content>& contents, const BlobWriter& writer);

/// What is done with the contents of a pack, one after another.
struct Unpacking {
  /// Whether the content at this place of the pack's list is wanted; others are passed over.
  std::function<bool(size_t place)> wants;
  /// Takes the next bytes of the wanted content at `place`.
  std::function<Status(size_t place, std::string_view bytes)> take;
  /// Is called after the last of its bytes, whose digest is right.
  std::function<Status(size_t place)> end;
};

/// Reads the contents of a pack whose blob was checked. ErrorCode::damage where they are not those that the pack lists;
/// what `take` got of the content is then worth nothing.
Status unpack(const Pack& pack, const Blobs& blobs, const Unpacking& unpacking);

}  // namespace larder::share
