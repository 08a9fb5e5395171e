#pragma once

#include <optional>
#include <string>

#include "store/store.hpp"

namespace larder::cli {

/// The store at `path`, or no value where there is none yet: looking creates nothing.
Result<std::optional<store::Store>> open_existing_store(Os& os, const std::string& path);

}  // namespace larder::cli
