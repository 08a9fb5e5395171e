#pragma once

#include <optional>
#include <string>

#include "share/remote.hpp"
#include "share/workroom.hpp"

namespace larder::share {

/// A state that a registry has under a tag, looked into: all of it but its packs is here, in a workroom of its own.
struct Offer {
  Workroom room;
  Arrived arrived;
  std::string layout;  ///< relative to the store: where its blobs are
  std::optional<Statement> statement;
  store::VolumeSpec destination;  ///< the volume that it becomes part of
};

/// Fetches all but the packs of what a tag of this branch names; no value where there is no such tag. With `keys` only
/// what one of them has signed, for just this. Nothing is remembered. `holder` tells others who this is.
Result<std::optional<Offer>> look_at(const store::Store& store, const Remote& remote, const std::string& branch,
                                     const std::string& tag, const std::vector<std::string>& keys,
                                     const std::string& holder);

/// The same, with the keys that count, for what is to be taken: refused where it is older than what was seen.
Result<std::optional<Offer>> find_offer(const store::Store& store, const Remote& remote, const std::string& branch,
                                        const std::string& tag, const std::string& holder);

/// Fetches those packs of an offer that have a content which no volume of that name here has, and commits it.
Result<Pulled> take_offer(const store::Store& store, const Remote& remote, const Offer& offer,
                          const std::string& holder);

}  // namespace larder::share
