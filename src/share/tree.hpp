#pragma once

#include <map>
#include <string>
#include <vector>

#include "share/index.hpp"
#include "store/branch/generation.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::share {

/// The tree that a generation shows, whatever its layers are.
struct Tree {
  std::vector<Entry> entries;
  std::map<std::string, std::string> files;  ///< the path of one file with the content, by its digest
  std::vector<Content> contents;             ///< each once, but for the empty one, in the order of paths
  uint64_t bytes = 0;                        ///< of these
  int64_t newest = 0;                        ///< time of the newest entry, in seconds since 1970
};

/// Reads a generation's tree; contents are known from the layers' manifests, or hashed. What matches `left_out`, globs
/// relative to the volume, stays out with all that is below it, and so do pipes and sockets. The caller has a lease on
/// the layers.
Result<Tree> read_tree(const store::Store& store, const store::Generation& generation,
                       const std::vector<std::string>& left_out);

}  // namespace larder::share
