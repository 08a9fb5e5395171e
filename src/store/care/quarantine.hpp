#pragma once

#include <set>
#include <string>

#include "store/store.hpp"

namespace larder::store {

/// Moves layers that nothing reaches any more to quarantine/, where they stay for whoever wants to know what happened
/// to them. Layers that a ref or a living transaction reaches stay where they are.
Status quarantine(const Store& store, const std::set<std::string>& layers);

}  // namespace larder::store
