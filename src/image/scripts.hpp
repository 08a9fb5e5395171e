#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larder::image {

/// src/image/scripts/* as they were when Larder was built: what prepares images. config/embed.cmake writes its
/// definition.
std::vector<std::pair<std::string, std::string_view>> embedded_scripts();

}  // namespace larder::image
