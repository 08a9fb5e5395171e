#pragma once

#include <string>
#include <vector>

#include "store/branch/ref.hpp"

namespace larder::store {

/// A volume's lineage: its refs and the generations that they keep, as far as they can be understood.
struct Lineage {
  VolumeKey key;
  std::string current;  ///< the generation's id that the ref names; empty where there is none
  std::string settled;
  std::vector<Generation> kept;      ///< all that its refs keep, newest first; the first is what a build starts from
  std::vector<std::string> damaged;  ///< refs and generations that cannot be understood, as paths in the store
};

/// Reads a volume's lineage; damage that ends its `history` is noted and passed over. Where no ref leads anywhere any
/// more, `kept` has the volume's generations that the collector has not thrown away yet. The caller holds the store's
/// lock.
Result<Lineage> read_lineage(const Store& store, const VolumeKey& key);

}  // namespace larder::store
