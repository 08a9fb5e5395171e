#pragma once

#include "store/branch/ref.hpp"

namespace larder::store {

/// More layers than this make a volume's mounts slower and reach the kernel's limit of one page of mount options.
constexpr size_t layers_max = 8;

/// Gives a volume of more than `layers_max` layers a generation with one, made of hard links. Safe beside running
/// builds: they keep the layers they see, and their commit goes on top of the flattened one. Does nothing for volumes
/// with fewer layers that hide little.
Status flatten(const Store& store, const VolumeKey& key);

}  // namespace larder::store
