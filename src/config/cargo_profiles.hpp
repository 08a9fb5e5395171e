#pragma once

#include <string>
#include <vector>

namespace larder::config {

/// The profiles that the Cargo.toml in this folder defines or changes, sorted; none where it cannot be read.
std::vector<std::string> cargo_profiles(const std::string& folder);

}  // namespace larder::config
