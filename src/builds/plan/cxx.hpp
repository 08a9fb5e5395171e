#pragma once

#include <string>

#include "config/recipe.hpp"

namespace larder::builds {

/// What says that the project in this folder has C++ in it, as its recipe tells by the files that are there: a source,
/// relative to the folder, or a word in a file; empty: nothing does. Folders of version control and other hidden ones,
/// and `left_out`, where the tool builds, are not looked at; links are not followed.
std::string find_cxx(const std::string& folder, const config::CxxSigns& signs, const std::string& left_out);

}  // namespace larder::builds
