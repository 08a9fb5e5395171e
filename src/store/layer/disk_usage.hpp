#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/store.hpp"

namespace larder::store {

/// The bytes of blocks that a file takes on disk, as du counts.
uint64_t disk_bytes(const struct stat& status);

/// Shows each entry of a tree, relative to the store, to `visitor`. What is deleted meanwhile, or closed to its owner
/// by a running build, is passed over.
Status visit_tree(const Store& store, const std::string& path, const std::function<void(const struct stat&)>& visitor);

/// A sum of what single trees take on disk, in bytes of blocks as du counts: a file with several links counts once,
/// however many of the trees have one. Knows only the trees added to it; `Footprint` (store/space/footprint.hpp) knows
/// the whole store, and so what would come back.
class DiskUsage {
 public:
  explicit DiskUsage(const Store& store) : store_(&store) {}

  /// Adds a tree, relative to the store, and gives what it takes beyond the trees added before.
  Result<uint64_t> add(const std::string& path);
  /// Adds a layer with its manifest, and gives what it takes beyond what was added before.
  Result<uint64_t> add_layer(const std::string& layer);

 private:
  const Store* store_;
  std::set<std::pair<dev_t, ino_t>> seen_;
  std::set<std::string> layers_;
};

/// The bytes of disk that the files take which a mount of these layers shows.
Result<uint64_t> content_bytes(const Store& store, const std::vector<std::string>& layers);

/// The bytes that a volume of so much content may take in all: its past as much as its present, and a few MB in any
/// case, since folders and manifests outweigh the content of a small one.
uint64_t allowed_bytes(uint64_t content_bytes);

}  // namespace larder::store
