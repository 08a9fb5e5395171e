#pragma once

#include <optional>
#include <string>

#include "store/store.hpp"

namespace larder::cli {

/// The store at `path`, or no value where there is none yet: looking creates nothing.
Result<std::optional<store::Store>> open_existing_store(Os& os, const std::string& path);

/// The user's own store, to look at: nothing is created. No value where there is none, or none that can be used.
std::optional<store::Store> look_at_store(Os& os);

}  // namespace larder::cli
