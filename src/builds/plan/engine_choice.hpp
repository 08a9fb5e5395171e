#pragma once

#include <optional>
#include <string>

#include "config/engines.hpp"
#include "config/project.hpp"
#include "engine/container/client.hpp"
#include "engine/container/image.hpp"
#include "image/image.hpp"

namespace larder::builds {

using config::EngineKind;

/// Which engine a build runs on, and why.
struct EngineChoice {
  EngineKind kind = EngineKind::native;
  std::string reason;
  std::string note = {};                      ///< a remark for the user: emulation, and what it costs; may be empty
  std::string image_id = {};                  ///< of a container engine's image; empty: the engine does not have it
  std::string platform = {};                  ///< "linux/arm64" where the image is not for this machine
  std::optional<engine::Client> client = {};  ///< of a container engine

  bool gets_images = false;  ///< a container engine builds on images of Larder's own making, which it is given

  /// Whether builds run on an image of the container engine's, for all targets the same.
  bool has_own_image() const { return traits().is_container_engine && !gets_images; }
  const config::EngineTraits& traits() const { return config::traits_of(kind); }
  std::string name() const { return traits().name; }
};

/// When a container engine is to ask the registry for the project's image.
engine::Pull pull_of(const config::Project& project);

/// The engine that the project asks for; for `auto` the native one where it can run the image, else the first container
/// engine that answers. Container engines are asked whether they have the image; nothing is pulled, and no registry is
/// asked. ErrorCode::environment where the image is not there and must not be pulled, or the engine does not answer.
Result<EngineChoice> choose_engine(const config::Project& project);

/// Writes into the choice that its engine has this image for `reference`. An error where this machine cannot run it.
Status take_image(const std::string& reference, const engine::ImageFacts& image, EngineChoice& choice);

/// A container engine's image as plans have it. Its own PATH and variables count.
image::Image container_image(const std::string& reference, const EngineChoice& choice);

}  // namespace larder::builds
