#pragma once

#include "engine/engine.hpp"

namespace larder::engine {

/// What must be shown over a read-only root so that every volume has a directory to be mounted on.
struct Room {
  std::vector<std::string> empty_dirs;
  std::vector<Bind> binds;
  std::vector<Link> links;
};

/// A mount point that the root does not have cannot be made in it, since it is read-only. Its nearest existing
/// parent is covered by an empty directory into which the parent's entries are shown again.
Room make_room(const Spec& spec);

}  // namespace larder::engine
