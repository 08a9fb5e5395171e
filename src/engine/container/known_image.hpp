#pragma once

#include <optional>
#include <string>

#include "engine/container/image.hpp"

namespace larder::engine {

/// The image where the engine has it. podman without a daemon keeps its list of images in a file: while that is as it
/// was, what it said before is read from the store's notes, which takes no time where asking takes 30 ms.
Result<std::optional<ImageFacts>> known_image(const Client& client, const std::string& store_path,
                                              const std::string& reference);

}  // namespace larder::engine
