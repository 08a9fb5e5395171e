#pragma once

#include "store/volume.hpp"

namespace larder::store {

/// The key of a volume that builds of this trust write: untrusted ones have variants of other names, so that the two
/// are told apart by their names as well.
Result<VolumeKey> key_of_trust(std::string name, const std::string& variant, Trust trust);

}  // namespace larder::store
