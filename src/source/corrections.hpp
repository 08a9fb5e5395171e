#pragma once

#include <optional>
#include <string>
#include <vector>

#include "source/kept_layer.hpp"
#include "source/shown.hpp"
#include "source/walk.hpp"
#include "store/store.hpp"

namespace larder::source {

/// The layer above a volume's own that shows `shown.corrections`; where that is less work, as a small one above a layer
/// that the same folder had before. Empty where there are none; no value where an entry is not as the walk has seen it
/// any more: then the caller walks again.
Result<std::optional<CorrectionsLayer>> provide_corrections(const store::Store& store, const Walk& walk,
                                                            const Shown& shown);

/// Copies of everything in the project but what git keeps for itself and what is mounted there: the lowest layer of a
/// view where the project's folder itself cannot be one. No value as above.
Result<std::optional<CorrectionsLayer>> provide_checkout(const store::Store& store, const Walk& walk);

/// The layer below a volume's own that hides parts of the project: all that is in `covered` (a folder, a file or a
/// link; empty: nothing), of which an empty folder is seen, and the entries `hidden`.
Result<CorrectionsLayer> provide_mask(const store::Store& store, const Walk& walk, const std::string& covered,
                                      const std::vector<std::string>& hidden);

}  // namespace larder::source
