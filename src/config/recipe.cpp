#include "config/recipe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/text.hpp"

namespace larder::config {
namespace {

bool has_file(const std::string& folder, const std::string& name) {
  std::error_code ignored;  // what cannot be looked at is not there for the build either
  return std::filesystem::is_regular_file(std::filesystem::path(folder) / name, ignored);
}

}  // namespace

std::vector<Command> Recipe::commands_for(const std::vector<Command>& commands, const Target& target,
                                          const Target& machine, bool emulated) const {
  Command wanted;
  const auto want = [&](const std::string& key) {
    if (const auto args = args_for.find(key); args != args_for.end())
      wanted.insert(wanted.end(), args->second.begin(), args->second.end());
  };
  if (!is_machines_own(target, machine)) want("other");
  if (!target.runs_on(machine)) want("cross");
  if (emulated) want("emulated");
  if (!target.own_image) want(target.libc);

  std::vector<Command> all;
  for (const Command& command : commands) {
    Command& full = all.emplace_back();
    for (const std::string& item : command) {
      if (item == "{args_for}")
        full.insert(full.end(), wanted.begin(), wanted.end());
      else
        full.push_back(item);
    }
  }
  return all;
}

Profile Recipe::profile(const std::string& profile_name) const {
  const auto listed = profiles.find(profile_name);
  return listed == profiles.end() ? Profile{profile_name, profile_name} : listed->second;
}

bool Recipe::has_profiles() const {
  const auto names = [](const std::string& text) { return text.find("{profile}") != std::string::npos; };
  const auto any = [&](const Command& words) { return std::any_of(words.begin(), words.end(), names); };
  const auto in_values = [&](const Environment& values) {
    return std::any_of(values.begin(), values.end(), [&](const auto& value) { return names(value.second); });
  };
  return !profiles.empty() || std::any_of(build.begin(), build.end(), any) || in_values(env) || in_values(build_env) ||
         std::any_of(args_for.begin(), args_for.end(), [&](const auto& args) { return any(args.second); }) ||
         std::any_of(files.begin(), files.end(), [&](const BuildFile& file) { return names(file.text); });
}

bool is_for(const Recipe& recipe, const std::string& folder) {
  return std::any_of(recipe.detect.begin(), recipe.detect.end(),
                     [&](const std::string& file) { return has_file(folder, file); });
}

RecipeTable::RecipeTable(std::vector<Recipe> recipes) : recipes_(std::move(recipes)) {
  std::stable_sort(recipes_.begin(), recipes_.end(),
                   [](const Recipe& a, const Recipe& b) { return a.rank.value_or(0) < b.rank.value_or(0); });
}

Result<Recipe> RecipeTable::find(const std::string& name) const {
  std::vector<std::string> names;
  for (const Recipe& recipe : recipes_) {
    if (recipe.name == name) return recipe;
    names.push_back(recipe.name);
  }
  const std::string near = nearest_word(name, names);
  return fail(
      ErrorCode::usage, fmt::format("unknown recipe '{}'", printable(name)), {},
      (near.empty() ? "" : fmt::format("did you mean '{}'? ", near)) + fmt::format("known are: {}", join_words(names)));
}

/// The nearest folder above that is a project of one of the recipes'; empty: none.
std::string RecipeTable::project_above(const std::string& folder) const {
  for (std::filesystem::path above = folder; above.has_relative_path();) {
    above = above.parent_path();
    for (const Recipe& recipe : recipes_)
      if (is_for(recipe, above.string())) return above.string();
  }
  return {};
}

Result<Recipe> RecipeTable::detect(const std::string& folder) const {
  std::vector<std::string> looked_for;
  for (const Recipe& recipe : recipes_) {
    if (is_for(recipe, folder)) return recipe;
    if (!recipe.detect.empty()) looked_for.push_back(fmt::format("{} ({})", join(recipe.detect, ", "), recipe.name));
  }
  const std::string above = project_above(folder);
  return fail(ErrorCode::usage, fmt::format("cannot tell how to build {}", folder),
              fmt::format("it has none of these: {}", join(looked_for, "; ")),
              (above.empty() ? std::string("go to the folder of a project")
                             : fmt::format("the folder above that is a project is {} (`-C`)", printable(above))) +
                  ", or name a recipe in larder.toml: [project] recipe = \"...\"");
}

Result<ChosenRecipe> RecipeTable::choose(const std::string& folder) const {
  TRY_ASSIGN(Recipe recipe, detect(folder));
  ChosenRecipe chosen{std::move(recipe), {}};
  for (const Recipe& other : recipes_)
    if (other.name != chosen.recipe.name && is_for(other, folder)) chosen.also_fit.push_back(other.name);
  return chosen;
}

}  // namespace larder::config
