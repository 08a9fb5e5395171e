#pragma once

#include <optional>
#include <string>

#include "store/store.hpp"

namespace larder::cli {

/// The store, or no value where there is none yet: nothing is created by looking.
Result<std::optional<store::Store>> open_existing_store(Os& os, const std::string& path);

}  // namespace larder::cli
