#pragma once

#include <memory>
#include <optional>
#include <string>

#include "config/project.hpp"
#include "engine/container/client.hpp"
#include "engine/container/plain_volumes.hpp"
#include "engine/engine.hpp"
#include "image/host.hpp"
#include "store/store.hpp"

namespace larder::builds {

enum class EngineKind { native, docker, podman };

/// Which engine a build runs on, and why.
struct EngineChoice {
  EngineKind kind = EngineKind::native;
  std::string reason;
  std::string note;                      ///< what is worth a remark: emulation, and what it costs
  std::string image_id;                  ///< of a container engine's image; empty: it has to be pulled first
  std::string platform;                  ///< "linux/arm64" where the image is not for this machine
  std::optional<engine::Client> client;  ///< of a container engine
  std::string keeps_volumes = {};        ///< which daemon does so itself; empty: the store does
  engine::VolumeIds kept = {};           ///< the volumes that it has, by their names

  std::string name() const;
};

enum class Look { only, and_pull };

/// The engine that the project asks for; for `auto` the native one where it can run the image, else docker, else
/// podman, whichever answers first. Finds the image, and pulls it where `look` and the project allow that.
Result<EngineChoice> choose_engine(const config::Project& project, Look look);

/// A container engine's image as plans have it. Its own PATH and variables count.
image::Image container_image(const std::string& reference, const EngineChoice& choice);

struct Plan;

/// Makes the chosen engine ready. It is first asked what it can do when that is not known in this store. Completes the
/// plan where the engine keeps the volumes itself; some plans cannot be carried out there (ErrorCode::environment).
Result<std::unique_ptr<engine::Engine>> open_engine(Plan& plan, const store::Store& store);

}  // namespace larder::builds
