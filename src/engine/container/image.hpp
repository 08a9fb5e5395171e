#pragma once

#include <map>
#include <optional>
#include <string>

#include "engine/container/client.hpp"

namespace larder::engine {

enum class Pull {
  always,   ///< ask the registry each time
  missing,  ///< where the engine does not have it
  never
};

/// What an engine says of an image that it has.
struct ImageFacts {
  std::string id;            ///< "sha256:…" of its configuration: the same in every engine that has this image
  std::string architecture;  ///< as Go says it: "amd64", "arm64"
  std::string system;        ///< "linux"
  std::map<std::string, std::string> env;
};

/// Finds the image by name, tag or digest, and pulls it as `pull` says; progress goes to standard error. No value: it
/// is not there and was not to be pulled (`Pull::never`).
Result<std::optional<ImageFacts>> find_image(const Client& client, const std::string& reference, Pull pull);

/// Pure: what `image inspect` prints.
Result<ImageFacts> parse_image(const std::string& text);

/// What Go calls a processor that uname(2) calls `machine`; itself where nothing else is known.
std::string go_architecture(const std::string& machine);

}  // namespace larder::engine
