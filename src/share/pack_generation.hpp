#pragma once

#include <string>
#include <vector>

#include "share/blobs.hpp"
#include "share/manifest.hpp"
#include "store/branch/transaction.hpp"

namespace larder::share {

/// A generation in its shared form.
struct Packed {
  Manifest parts;  ///< what its manifest names
  Blob manifest;   ///< once that is written
  Description description;
  uint64_t made_bytes = 0;  ///< of the blobs that were written: index, source record and new packs
  uint64_t all_bytes = 0;   ///< of all blobs that the manifest names
};

/// Gives the volume's generation that a build would start from, and keeps its layers for as long as the transaction
/// lives. ErrorCode::usage where the volume is empty or an image.
Result<store::Transaction> hold_generation(const store::Store& store, const store::VolumeKey& key,
                                           const std::string& holder);

/// Writes the blobs that a generation's manifest names into a layout, but for packs that are among `known`: who gets it
/// has these. The manifest itself is the caller's to write (`format_manifest`). ErrorCode::usage where the code is for
/// this machine's own processor (`names_native`). The caller has a lease on the layers. See `read_tree` for `left_out`.
Result<Packed> pack_generation(const store::Store& store, const store::Generation& generation,
                               const std::vector<std::string>& left_out, const std::vector<Pack>& known,
                               const BlobWriter& writer);

}  // namespace larder::share
