#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/care/damage.hpp"
#include "store/layer/manifest.hpp"

namespace larder::store {

/// A file of a layer whose content is still to be compared.
struct UnreadFile {
  dev_t device;
  ino_t inode;
  uint64_t size_bytes;
  std::string path;
  std::string sha256;
};

/// What a comparison of one layer has found, and which files are still to be read for it.
struct LayerCheck {
  std::vector<Damage> damage;
  std::vector<UnreadFile> files;
  bool settled = true;  ///< false: the layer has no manifest yet, so there was nothing to compare it with
};

/// Compares all of a layer with its manifest but its files' contents.
Result<LayerCheck> check_layer(const Store& store, const std::string& layer);

/// Hashes a file of the layer; no value where it cannot be read. A path may be longer than the kernel takes at once.
Result<std::optional<std::string>> hash_layer_file(const Store& store, const std::string& layer,
                                                   const std::string& path, std::vector<char>& buffer,
                                                   const std::function<void(size_t bytes)>& progress);

}  // namespace larder::store
