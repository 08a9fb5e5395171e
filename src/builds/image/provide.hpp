#pragma once

#include <string>
#include <vector>

#include "builds/plan/plan.hpp"
#include "engine/container/client.hpp"
#include "image/chain.hpp"
#include "image/image.hpp"

namespace larder::builds {

/// An image that a plan needs.
struct WantedImage {
  std::string name;  ///< what progress calls it: the target's; each another
  image::Chain chain;
};

/// See Plan::needed_chains.
using NeededChains = decltype(Plan::needed_chains);

/// A source of images other than the machine's own root and a container engine's.
class Images {
 public:
  virtual ~Images() = default;
  /// Gives the images in the order in which they are wanted; an image that is not there has no digest where this source
  /// only looks. `machine` is Debian's name for this machine's architecture, `folder` the project's.
  virtual Result<std::vector<image::Image>> provide(const std::vector<WantedImage>& wanted, const std::string& machine,
                                                    const std::string& folder) = 0;
  /// Gives a container engine the image of the target `name`, which is for this machine's processor, and says what it
  /// is called there. Empty: this source only looks, or gives nothing away.
  virtual Result<std::string> hand_over(const engine::Client& /*client*/, const image::Image& /*image*/,
                                        const std::string& /*name*/, const std::string& /*processor*/) {
    return std::string();
  }
  /// Says how the chains are found that larder.lock is to keep when it is written; no value or no function: all that it
  /// has.
  virtual void need(const NeededChains& /*find_chains*/) {}
  /// Whether images are only looked for: then nothing is made, and nothing is pulled.
  virtual bool looks_only() const { return false; }
};

/// Finds, makes or pulls the images that the plan builds on, those of all targets together, and gives the plan with
/// them: each target's volumes, tools and environment follow from its image.
Result<Plan> provide(Plan plan, Images& images);

}  // namespace larder::builds
