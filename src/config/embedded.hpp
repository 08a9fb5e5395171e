#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larder::config {

/// targets.toml, hints.toml, debian-index.txt and recipes/*.toml, as they were when Larder was built; embed.cmake
/// writes their definitions.
std::string_view embedded_targets();
std::string_view embedded_hints();                                         ///< hints.toml
std::string_view embedded_debian_index();                                  ///< debian-index.txt
std::string_view embedded_helpers();                                       ///< helpers.toml
std::string_view embedded_schema();                                        ///< docs/larder.schema.json
std::vector<std::pair<std::string, std::string_view>> embedded_recipes();  ///< file name and text, sorted by name
/// recipes/scripts/* as they were when Larder was built: file name and text, sorted by name.
std::vector<std::pair<std::string, std::string_view>> embedded_scripts();

}  // namespace larder::config
