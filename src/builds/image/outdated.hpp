#pragma once

#include <string>
#include <vector>

#include "builds/watch/progress.hpp"
#include "image/catalog.hpp"
#include "image/lock.hpp"

namespace larder::builds {

/// Something that larder.lock pins and of which there is a newer version.
struct Outdated {
  bool is_base = false;  ///< else a package
  std::string name;      ///< the base as the project names it; the package, with its architecture where apt does
  std::string pinned;    ///< version or digest
  std::string newest;
  std::vector<std::string> targets;  ///< whose images have it
};

/// An image of which `find_outdated` asks.
struct AskedImage {
  std::string target;
  image::Chain chain;
  image::PinnedChain pinned;  ///< whole, and the store has its last step
};

/// Asks mirrors, registries and OCI folders for what they have now. Packages that a base from elsewhere has brought,
/// and those of commands, are left out: `larder image update` moves them with the base alone. Nothing is kept.
Result<std::vector<Outdated>> find_outdated(const store::Store& store, const std::vector<AskedImage>& images,
                                            const std::string& machine, Progress& progress);

}  // namespace larder::builds
