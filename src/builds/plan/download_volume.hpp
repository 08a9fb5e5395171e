#pragma once

#include <string>

#include "base/result.hpp"
#include "store/volume.hpp"

namespace larder::builds {

/// The download volume that a recipe gives this name for one of the targets: "cargo-cache-x64". Reads the recipes and
/// targets that Larder and the user have; ErrorCode::usage where none has such a volume.
Result<store::VolumeSpec> find_download(const std::string& name);

}  // namespace larder::builds
