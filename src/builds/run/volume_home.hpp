#pragma once

#include <optional>
#include <string>
#include <utility>

#include "engine/container/plain_volumes.hpp"
#include "store/store.hpp"

namespace larder::builds {

/// What opening an engine has found where the engine keeps the volumes itself, since it cannot mount the store's
/// layers.
struct PlainVolumes {
  std::string scope;      ///< which daemon does so
  engine::VolumeIds ids;  ///< the volumes that it had then, by their names
  std::string note;       ///< what a build loses by it, for people
};

/// Where a build's volumes are: in the store, or, with `plain`, in the engine.
struct VolumeHome {
  VolumeHome(const store::Store& in_store, std::optional<PlainVolumes> in_engine = {})
      : store(in_store), plain(std::move(in_engine)) {}

  const store::Store& store;  ///< outlives this
  std::optional<PlainVolumes> plain;
};

}  // namespace larder::builds
