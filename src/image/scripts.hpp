#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larder::image {

/// src/image/scripts/* as they were when Larder was built: what prepares images. config/embed.cmake writes its
/// definition.
std::vector<std::pair<std::string, std::string_view>> embedded_scripts();

/// The text of the one of them with this name, which there is.
std::string script_text(std::string_view name);

}  // namespace larder::image
