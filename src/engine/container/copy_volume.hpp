#pragma once

#include <string>

#include "base/result.hpp"
#include "engine/container/client.hpp"

namespace larder::engine {

/// Copies all that an engine's named volume holds into the folder `to`, an absolute path; modes, links and times stay,
/// the owner becomes the caller. The volume is only read. Where the caller cannot read the engine's folders, a
/// container of `image` does the copying; ErrorCode::usage where `image` is empty then.
Status copy_volume(const Client& client, const std::string& volume, const std::string& image, const std::string& to);

}  // namespace larder::engine
