#pragma once

#include "config/recipe.hpp"
#include "config/toml_reader.hpp"

namespace larder::config {

/// Reads a recipe; its mistakes are the table's. `names`: whether the recipe must say what it is called and what its
/// volume is.
void read_recipe(TomlTable table, Recipe& recipe, TomlTable::Presence names = TomlTable::Presence::required);

/// Reads the table [recipe] of a larder.toml, which need not say so.
void read_inline_recipe(TomlTable table, Recipe& recipe);

}  // namespace larder::config
