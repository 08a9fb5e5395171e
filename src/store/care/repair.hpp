#pragma once

#include <optional>

#include "store/care/verify.hpp"

namespace larder::store {

/// What a repair has made of one volume.
struct Restored {
  VolumeKey key;
  std::optional<Generation> content;  ///< the newest sound state, which it has now; none was left: it is gone
  int builds_lost = 0;                ///< since that state, or all that were known
};

/// Gives every volume that `verify` found affected its newest sound state, in a new generation after which the damaged
/// ones are no longer part of its history, or removes it where none is sound; then moves the damaged layers to
/// quarantine/. Durable. All volumes or, when one is in use, none: the error then says by whom. Where it ends halfway,
/// volumes have their old or their new state, and the next `verify` finds what is left to do.
Result<std::vector<Restored>> repair(const Store& store, const Verification& found, const std::string& holder);

}  // namespace larder::store
