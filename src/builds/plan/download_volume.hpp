#pragma once

#include <string>

#include "base/result.hpp"
#include "store/volume.hpp"

namespace larder::builds {

/// The download volume that a recipe gives this name for one of the targets: "cargo-cache-x64". Reads the recipes and
/// targets that Larder and the user have; ErrorCode::usage where none has such a volume.
Result<store::VolumeSpec> find_download(const std::string& name);

/// The name of the download volume that a recipe has for the target and for what lies at `path` in a container, where
/// the tool's folder may be another than in Larder's builds: "/root/.cargo/registry". Empty where there is none.
Result<std::string> download_for(const std::string& path, const std::string& target);

}  // namespace larder::builds
