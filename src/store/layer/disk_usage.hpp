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

/// Adds up what trees take on disk, in bytes of blocks as du counts: a file with several links once, however many of
/// the trees have one.
class DiskUsage {
 public:
  explicit DiskUsage(const Store& store) : store_(&store) {}

  /// What this tree, relative to the store, takes beyond those before it.
  Result<uint64_t> add(const std::string& path);
  /// The same of a layer with its manifest; one that was added before takes nothing.
  Result<uint64_t> add_layer(const std::string& layer);

 private:
  const Store* store_;
  std::set<std::pair<dev_t, ino_t>> seen_;
  std::set<std::string> layers_;
};

/// What the files that a view of these layers shows take on disk.
Result<uint64_t> content_bytes(const Store& store, const std::vector<std::string>& layers);

/// How much a volume of so much content may take in all: its past as much as its present, and a few MB in any case,
/// since folders and manifests outweigh the content of a small one.
uint64_t allowed_bytes(uint64_t content_bytes);

}  // namespace larder::store
