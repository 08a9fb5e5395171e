#pragma once

#include "engine/engine.hpp"

namespace larder::engine {

/// Puts together all that the sandbox shows (but /proc) at the directory `root`: the image read-only, the
/// workspace, private folders, the volumes. Done with a few direct system calls for each mount: the same by arguments
/// to bubblewrap takes three times as long, since it reads the list of all mounts for each. The caller is in namespaces
/// of its own, in the store's directory.
Status assemble_root(const Spec& spec, const std::string& root);

}  // namespace larder::engine
