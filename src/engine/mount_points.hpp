#pragma once

#include "engine/engine.hpp"

namespace larder::engine {

/// What must be shown over a read-only root so that every volume has a directory to be mounted on.
struct MountPlan {
  std::vector<std::string> covered;  ///< folders of the root shown anew, entry by entry
  std::vector<Bind> binds;           ///< their entries
  std::vector<Link> links;
  std::vector<std::string> writable;  ///< folders that the root does not have, such as /usr/local/cargo
};

/// Plans a directory for each volume that the read-only root has none for. Its nearest existing parent is covered by an
/// empty directory; in it the parent's entries are shown again, and the mount point can be made.
MountPlan plan_mounts(const Spec& spec);

}  // namespace larder::engine
