#pragma once

#include "config/recipe.hpp"
#include "config/target.hpp"

namespace larder::config {

/// The tables that come with Larder (compiled in from targets.toml and recipes/*.toml), with those of the user's own
/// `targets.toml` and `recipes/*.toml` in `user_dir` added or put in their place. `user_dir` need not exist.
Result<TargetTable> load_targets(const std::string& user_dir);

/// The recipes in the same way, and then the project's own: the files `larder/recipes/*.toml` of its folder, and what
/// its larder.toml says in [recipe]. `project_dir` may be empty. A recipe of a project may name no volume that others
/// could have, too: ErrorCode::usage.
Result<RecipeTable> load_recipes(const std::string& user_dir, const std::string& project_dir = {},
                                 const std::optional<Recipe>& in_larder_toml = {});

/// The recipe of that name, else (`name` is empty) the one that the folder's files tell, with the others that they
/// would tell; the same as RecipeTable's. Reads no more of the recipes than it must: this is on the way of each build.
/// `folder` is the project's.
Result<ChosenRecipe> load_recipe(const std::string& user_dir, const std::string& name, const std::string& folder,
                                 const std::optional<Recipe>& in_larder_toml = {});

/// The folder of the user's own tables: `$XDG_CONFIG_HOME/larder`, else `$HOME/.config/larder`, else empty.
std::string user_config_dir();

/// Parses the text of one file; `file` is its name in messages.
Result<std::vector<Target>> parse_targets(const std::string& text, const std::string& file);
Result<Recipe> parse_recipe(const std::string& text, const std::string& file);

}  // namespace larder::config
