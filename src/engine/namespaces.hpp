#pragma once

#include "base/user_namespace.hpp"
#include "engine/engine.hpp"

namespace larder::engine {

/// Moves the calling process (single-threaded) into user and mount namespaces of its own, in which it may mount and is
/// who `identity` says. On refusal the hint names the sysctl or rule that forbids it.
Status enter_namespaces(Identity identity = Identity::caller);

/// The mounts of this process's new mount namespace are its own from now on: none of them reaches another.
Status own_mounts();

/// Mounts the volume on the directory `where`. The working directory must be the store's.
Status mount_volume(const VolumeMount& volume, const std::string& where);

/// Whether a process of this user can enter such namespaces and mount a volume; tried in a child, which mounts an
/// overlay over directories that it makes below `store_path`.
Status probe_overlay(const std::string& store_path);

/// Whether overlayfs takes a folder (absolute) as a layer; tried in a child, with an empty folder of the store at
/// `store_path` above it. It refuses file systems that compare names in their own way (vfat, cifs), and what lies on
/// two overlays already. Where this user cannot try, nothing speaks against it.
bool can_be_layer(const std::string& folder, const std::string& store_path);

}  // namespace larder::engine
