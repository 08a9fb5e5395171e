#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/care/verify.hpp"
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

struct LayerCheck {
  std::vector<Damage> damage;
  std::vector<UnreadFile> files;
  bool settled = true;
};

/// Compares all of a layer with its manifest but its files' contents.
Result<LayerCheck> check_layer(const Store& store, const std::string& layer);

/// The file's own hash; no value where it cannot be read. A path may be longer than the kernel takes at once.
Result<std::optional<std::string>> hash_layer_file(const Store& store, const std::string& layer,
                                                   const std::string& path, std::vector<char>& buffer,
                                                   const std::function<void(size_t bytes)>& progress);

}  // namespace larder::store
