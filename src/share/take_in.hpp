#pragma once

#include <optional>
#include <string>

#include "share/blobs.hpp"
#include "share/local_contents.hpp"
#include "store/volume.hpp"

namespace larder::share {

/// A shared generation as it came, its manifest, description and index read and checked.
struct Arrived {
  Blob id;  ///< of the manifest
  Manifest manifest;
  Description description;
  Index index;
  std::string source;  ///< the source record; empty: none
};

/// Reads a manifest and what it names, but for packs. ErrorCode::damage where something is missing or altered, or where
/// parts do not belong together.
Result<Arrived> read_arrived(const Blobs& blobs, const Blob& manifest);

/// The volume that a shared generation becomes part of: a download volume of the same name; of a compiled one a variant
/// without a folder, for its image and recipe, which builds in all folders find as a sibling of theirs.
/// `trust`: whose builds may start from it, if those that wrote it were trusted.
Result<store::VolumeSpec> destination_of(const Description& description, store::Trust trust = store::Trust::trusted);

/// What has become of it.
struct TakenIn {
  store::VolumeKey key;
  bool changed = false;  ///< the volume has something new
};

/// Whether the volume's newest state came from a manifest with this content (`content_of`).
Result<bool> is_here(const store::Store& store, const store::VolumeSpec& spec, const std::string& content);

/// Commits a shared generation to its volume. Nothing is changed where any of it is missing or altered. Of a download
/// volume only what is new or newer comes in. `holder` tells others who this is, and says in the volume's history what
/// made the generation; `trust` as in `destination_of`.
Result<TakenIn> take_in(const store::Store& store, const Arrived& arrived, const Blobs& blobs,
                        const LocalContents& local, const std::string& holder,
                        store::Trust trust = store::Trust::trusted);

}  // namespace larder::share
