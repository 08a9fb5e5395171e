#pragma once

#include <string>
#include <vector>

#include "config/target.hpp"

namespace larder::builds {

/// What to do about a build that failed, where the last lines of its output tell that one of the target's tools is not
/// in the image; else empty.
std::string failure_hint(const config::Target& target, const std::vector<std::string>& last_lines);

}  // namespace larder::builds
