#pragma once

#include <string>
#include <vector>

#include "config/recipe.hpp"
#include "store/volume.hpp"

namespace larder::share {

/// What of a volume never leaves the machine: what its recipe says, as globs relative to the volume. Nothing where the
/// recipe is none of these.
std::vector<std::string> left_out(const config::RecipeTable& recipes, const store::VolumeSpec& spec);

}  // namespace larder::share
