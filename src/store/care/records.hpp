#pragma once

#include <string>
#include <vector>

#include "store/branch/ref.hpp"

namespace larder::store {

/// All that is written about a volume and not in its layers.
struct Records {
  VolumeKey key;
  std::string current;  ///< the generation's id that the ref names; empty where there is none
  std::string settled;
  std::vector<Generation> kept;      ///< all that its refs keep, newest first; the first is what a build starts from
  std::vector<std::string> damaged;  ///< refs and generations that cannot be understood, as paths in the store
};

/// Goes on where `history` ends. Where no ref leads anywhere any more, `kept` has the volume's generations that the
/// collector has not thrown away yet. The caller holds the store's lock.
Result<Records> read_records(const Store& store, const VolumeKey& key);

}  // namespace larder::store
