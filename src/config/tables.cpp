#include "config/tables.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/environment.hpp"
#include "base/os.hpp"
#include "base/text.hpp"
#include "config/embedded.hpp"
#include "config/recipe_reader.hpp"
#include "config/toml_reader.hpp"

namespace larder::config {
namespace {

using Presence = TomlTable::Presence;

void read_target(TomlTable table, Target& target) {
  check_name(table, "", target.name);
  table.read({{"triple", &target.triple, Presence::required},
              {"debian_arch", &target.debian_arch},
              {"multiarch", &target.multiarch},
              {"libc", &target.libc, Presence::required},
              {"system", &target.system, Presence::required},
              {"processor", &target.processor, Presence::required},
              {"cpu_family", &target.cpu_family},
              {"endian", &target.endian},
              {"goarch", &target.goarch},
              {"cc", &target.cc, Presence::required},
              {"cxx", &target.cxx},
              {"ar", &target.ar},
              {"linker", &target.linker, Presence::required},
              {"emulator", &target.emulator},
              {"elf_interpreter", &target.elf_interpreter},
              {"in_all", &target.in_all},
              {"packages", &target.packages},
              {"commands", &target.commands},
              {"no_cxx", &target.no_cxx}});
  if (!target.endian.empty() && target.endian != "little" && target.endian != "big")
    table.mistake("endian", "'endian' must be little or big");
}

template <typename Entry>
Entry* find_by_name(std::vector<Entry>& entries, const std::string& name) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const Entry& known) { return known.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

/// The .toml files of a folder, sorted; none if there is no such folder.
Result<std::vector<std::string>> list_toml_files(Os& os, const std::string& folder) {
  std::vector<std::string> files;
  const auto found = os.stat(AT_FDCWD, folder);
  if (!found && found.error().sys_errno == ENOTDIR) return files;  // a project with a file called `larder`
  if (!found) return fail(found.error());
  if (!*found) return files;
  TRY_ASSIGN(const auto entries, os.list(AT_FDCWD, folder));
  for (const DirEntry& entry : entries)
    if (entry.name.ends_with(".toml") && !entry.name.starts_with('.')) files.push_back(folder + "/" + entry.name);
  return files;
}

/// A recipe from a folder may bring scripts, and use those that Larder has. `own_dir` holds `scripts/`; it may be
/// empty.
Status load_scripts(Os& os, const std::string& own_dir, Recipe& recipe) {
  for (ImageScript& script : recipe.image.scripts) {
    const std::string file = own_dir + "/scripts/" + script.name;
    TRY_ASSIGN(const auto own, own_dir.empty() ? std::nullopt : os.stat(AT_FDCWD, file));
    if (own) {
      TRY_ASSIGN(script.text, read_config_file(os, file));
      continue;
    }
    std::vector<std::string> names;
    for (const auto& [name, text] : embedded_scripts()) {
      names.push_back(name);
      if (name == script.name) script.text = std::string(text);
    }
    if (script.text.empty())
      return fail(
          ErrorCode::usage,
          fmt::format("the recipe {} names a script {}, which there is not", recipe.name, printable(script.name)), {},
          fmt::format("put it into {}; Larder has {}", file, join_words(names)));
  }
  return {};
}

Result<Recipe> load_embedded(Os& os, const std::string& file, std::string_view text) {
  TRY_ASSIGN(Recipe recipe, parse_recipe(std::string(text), "recipes/" + file));
  TRY(load_scripts(os, {}, recipe));
  return recipe;
}

/// What a project's own recipe may fill must not be what other projects' builds take for theirs.
Status check_volumes(const Recipe& recipe) {
  constexpr std::string_view own_names = "project-";
  for (const auto* volumes : {&recipe.downloads, &recipe.image.volumes})
    for (const DownloadVolume& volume : *volumes)
      if (!volume.name.starts_with(own_names))
        return fail(ErrorCode::usage,
                    fmt::format("the project's recipe {} names a volume '{}'", recipe.name, printable(volume.name)),
                    "other projects may have one of that name, and what they find in it must be theirs",
                    fmt::format("call it '{}{}'", own_names, printable(volume.name)));
  return {};
}

std::string recipes_of(const std::string& project_dir) { return project_dir + "/larder/recipes"; }

/// Adds a recipe that is not Larder's own, in the place of one with its name. One without a rank is tried first: it
/// knows its projects better than a Makefile beside them tells.
void add_recipe(Recipe recipe, std::vector<Recipe>& recipes) {
  if (Recipe* old = find_by_name(recipes, recipe.name)) {
    if (!recipe.rank) recipe.rank = old->rank;
    *old = std::move(recipe);
  } else {
    recipes.insert(recipes.begin(), std::move(recipe));
  }
}

/// The recipes in the files of a folder, the last one first.
Result<std::vector<Recipe>> load_folder(Os& os, const std::string& folder) {
  std::vector<Recipe> loaded;
  TRY_ASSIGN(const auto files, list_toml_files(os, folder));
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    TRY_ASSIGN(const std::string text, read_config_file(os, *file));
    TRY_ASSIGN(Recipe recipe, parse_recipe(text, *file));
    TRY(load_scripts(os, folder, recipe));
    loaded.push_back(std::move(recipe));
  }
  return loaded;
}

Result<std::vector<Recipe>> load_projects_own(Os& os, const std::string& project_dir,
                                              const std::optional<Recipe>& in_larder_toml) {
  std::vector<Recipe> own;
  if (!project_dir.empty()) {
    TRY_ASSIGN(own, load_folder(os, recipes_of(project_dir)));
  }
  if (in_larder_toml) {
    own.push_back(*in_larder_toml);
    TRY(load_scripts(os, project_dir.empty() ? "" : recipes_of(project_dir), own.back()));
  }
  for (Recipe& recipe : own) {
    TRY(check_volumes(recipe));
    recipe.of_project = true;
  }
  return own;
}

/// The part before a recipe's first table: its name, and what it is detected by.
Result<Recipe> parse_head(const std::string& file, std::string_view text) {
  const size_t end = text.find("\n[");
  TRY_ASSIGN(TomlFile toml, TomlFile::parse(std::string(text.substr(0, end)), "recipes/" + file));
  Recipe recipe;
  std::string other;
  bool flag = false;
  std::vector<std::string> words;
  Environment more;
  toml.root().read({{"name", &recipe.name},
                    {"detect", &recipe.detect},
                    {"rank", &recipe.rank},
                    {"version", &recipe.version},
                    {"title", &recipe.title},
                    {"workspace_file", &other},
                    {"searched_above", &words},
                    {"around_file", &other},
                    {"variables", &words},
                    {"decided", &more},
                    {"output", &other},
                    {"other_output", &other},
                    {"toolchains", &words},
                    {"safe_to_interrupt", &flag}});
  TRY(toml.status());
  return recipe;
}

/// The one of Larder's own recipes that is meant; no value where none is. Of all others only the heads are parsed.
Result<std::optional<ChosenRecipe>> choose_embedded(Os& os, const std::string& name, const std::string& folder) {
  std::vector<Recipe> heads;
  for (const auto& [file, text] : embedded_recipes()) {
    if (!name.empty() && file != name + ".toml") continue;
    TRY_ASSIGN(heads.emplace_back(), parse_head(file, text));
  }
  const RecipeTable table(std::move(heads));
  std::vector<std::string> fitting;
  for (const Recipe& recipe : table.all())
    if (!name.empty() || is_for(recipe, folder)) fitting.push_back(recipe.name);
  if (fitting.empty()) return std::optional<ChosenRecipe>();
  for (const auto& [file, text] : embedded_recipes()) {
    if (file != fitting.front() + ".toml") continue;
    TRY_ASSIGN(Recipe recipe, load_embedded(os, file, text));
    return ChosenRecipe{std::move(recipe), {fitting.begin() + 1, fitting.end()}};
  }
  return std::optional<ChosenRecipe>();
}

}  // namespace

Result<std::vector<Target>> parse_targets(const std::string& text, const std::string& file) {
  TRY_ASSIGN(TomlFile toml, TomlFile::parse(text, file));
  std::vector<Target> targets;
  toml.root().read(TomlTable::NamedTables{[&](const std::string& name, TomlTable table) {
    targets.emplace_back().name = name;
    read_target(table, targets.back());
  }});
  TRY(toml.status());
  return targets;
}

Result<Recipe> parse_recipe(const std::string& text, const std::string& file) {
  TRY_ASSIGN(TomlFile toml, TomlFile::parse(text, file));
  Recipe recipe;
  read_recipe(toml.root(), recipe);
  TRY(toml.status());
  return recipe;
}

Result<TargetTable> load_targets(const std::string& user_dir) {
  TRY_ASSIGN(auto targets, parse_targets(std::string(embedded_targets()), "targets.toml"));
  if (user_dir.empty()) return TargetTable(std::move(targets));
  Os os;
  const std::string file = user_dir + "/targets.toml";
  TRY_ASSIGN(const auto found, os.stat(AT_FDCWD, file));
  if (!found) return TargetTable(std::move(targets));
  TRY_ASSIGN(const std::string text, read_config_file(os, file));
  TRY_ASSIGN(auto own, parse_targets(text, file));
  for (Target& target : own)
    if (Target* old = find_by_name(targets, target.name))
      *old = std::move(target);
    else
      targets.push_back(std::move(target));
  return TargetTable(std::move(targets));
}

Result<RecipeTable> load_recipes(const std::string& user_dir, const std::string& project_dir,
                                 const std::optional<Recipe>& in_larder_toml) {
  std::vector<Recipe> recipes;
  Os os;
  for (const auto& [file, text] : embedded_recipes()) {
    TRY_ASSIGN(recipes.emplace_back(), load_embedded(os, file, text));
  }
  if (!user_dir.empty()) {
    TRY_ASSIGN(auto users, load_folder(os, user_dir + "/recipes"));
    for (Recipe& recipe : users) add_recipe(std::move(recipe), recipes);
  }
  TRY_ASSIGN(auto own, load_projects_own(os, project_dir, in_larder_toml));
  for (Recipe& recipe : own) add_recipe(std::move(recipe), recipes);
  return RecipeTable(std::move(recipes));
}

Result<ChosenRecipe> load_recipe(const std::string& user_dir, const std::string& name, const std::string& folder,
                                 const std::optional<Recipe>& in_larder_toml) {
  Os os;
  TRY_ASSIGN(const auto users,
             user_dir.empty() ? std::vector<std::string>() : list_toml_files(os, user_dir + "/recipes"));
  TRY_ASSIGN(const auto projects,
             folder.empty() ? std::vector<std::string>() : list_toml_files(os, recipes_of(folder)));
  if (users.empty() && projects.empty() && !in_larder_toml) {
    TRY_ASSIGN(auto chosen, choose_embedded(os, name, folder));
    if (chosen) return std::move(*chosen);
  }
  TRY_ASSIGN(const RecipeTable recipes, load_recipes(user_dir, folder, in_larder_toml));
  if (name.empty()) return recipes.choose(folder);
  TRY_ASSIGN(Recipe recipe, recipes.find(name));
  return ChosenRecipe{std::move(recipe), {}};
}

std::string user_config_dir() {
  // The XDG specification has relative paths ignored. Accounts without a home have /dev/null for one.
  std::string folder;
  if (const std::string xdg = environment("XDG_CONFIG_HOME"); xdg.starts_with('/'))
    folder = xdg + "/larder";
  else if (const std::string home = environment("HOME"); !home.empty())
    folder = home + "/.config/larder";
  struct stat status {};
  const bool leads_nowhere = !folder.empty() && ::stat(folder.c_str(), &status) != 0 && errno == ENOTDIR;
  return leads_nowhere ? std::string() : folder;
}

}  // namespace larder::config
