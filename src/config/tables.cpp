#include "config/tables.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/environment.hpp"
#include "base/os.hpp"
#include "base/text.hpp"
#include "config/embedded.hpp"
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

void read_need(TomlTable table, Recipe& recipe) {
  Need need;
  table.read({{"what", &need.what, Presence::required},
              {"program", &need.program},
              {"file", &need.file},
              {"package", &need.package}});
  if (need.program.empty() == need.file.empty()) table.mistake("", "[[needs]] needs either 'program' or 'file'");
  recipe.needs.push_back(std::move(need));
}

void read_volume(TomlTable table, std::vector<DownloadVolume>& volumes) {
  DownloadVolume volume;
  table.read({{"name", &volume.name, Presence::required}, {"path", &volume.path, Presence::required}});
  if (!volume.path.empty() && volume.path.front() != '/') table.mistake("path", "'path' must begin with '/'");
  volumes.push_back(std::move(volume));
}

void read_image(TomlTable table, Recipe& recipe) {
  const auto read_script = [&](TomlTable entry) {
    ImageScript script;
    entry.read({{"name", &script.name, Presence::required}, {"libc", &script.libc}, {"arguments", &script.arguments}});
    check_name(entry, "name", script.name);
    recipe.image.scripts.push_back(std::move(script));
  };
  const auto read_one = [&](TomlTable entry) { read_volume(entry, recipe.image.volumes); };
  table.read({{"packages", &recipe.image.packages},
              {"target_packages", &recipe.image.target_packages},
              {"volume", TomlTable::ListOfTables{read_one}},
              {"env", &recipe.image.env},
              {"path", &recipe.image.path},
              {"script", TomlTable::ListOfTables{read_script}}});
}

void read_volumes(TomlTable table, Recipe& recipe) {
  const auto read_download = [&](TomlTable entry) { read_volume(entry, recipe.downloads); };
  table.read({{"compiled", &recipe.compiled_name, Presence::required},
              {"rewritten", &recipe.rewritten},
              {"download", TomlTable::ListOfTables{read_download}}});
}

void read_user_settings(TomlTable table, UserSettings& user) {
  table.read({{"home_variable", &user.home_variable},
              {"home", &user.home, Presence::required},
              {"files", &user.files, Presence::required},
              {"tables", &user.tables},
              {"build_tables", &user.build_tables},
              {"not_followed", &user.not_followed},
              {"secrets", &user.secrets},
              {"left_out", &user.left_out},
              {"paths", &user.paths},
              {"credentials", &user.credentials},
              {"credentials_path", &user.credentials_path},
              {"certificates", &user.certificates},
              {"variables", &user.variables}});
}

void read_settings(TomlTable table, SettingsFile& settings) {
  const auto read_user = [&](TomlTable user) { read_user_settings(user, settings.user); };
  table.read({{"path", &settings.path},
              {"project_files", &settings.project_files},
              {"include_key", &settings.include_key},
              {"values", &settings.values},
              {"test_values", &settings.test_values},
              {"variable_prefix", &settings.variable_prefix},
              {"target_key", &settings.target_key},
              {"output_key", &settings.output_key},
              {"user", TomlTable::Table{read_user}}});
  if (!settings.path.empty() && settings.path.front() != '/') table.mistake("path", "'path' must begin with '/'");
  check_patterns(table, "project_files", settings.project_files);
}

void read_file(TomlTable table, Recipe& recipe) {
  BuildFile file;
  table.read({{"path", &file.path, Presence::required}, {"text", &file.text, Presence::required}});
  if (table.has("path") && !file.path.starts_with('/')) table.mistake("path", "'path' must begin with '/'");
  recipe.files.push_back(std::move(file));
}

void read_fetch(TomlTable table, Recipe& recipe) {
  FetchPhase& fetch = recipe.fetch.emplace();
  table.read({{"command", &fetch.command, Presence::required},
              {"per_target", &fetch.per_target},
              {"build_machine", &fetch.build_machine},
              {"flags", &fetch.flags},
              {"options", &fetch.options},
              {"own_options", &fetch.own_options},
              {"variables", &fetch.variables},
              {"env", &fetch.env},
              {"overrules", &fetch.overrules},
              {"inputs", &fetch.inputs},
              {"words", &fetch.words},
              {"in_build_tree", &fetch.in_build_tree},
              {"brings_back", &fetch.brings_back}});
  check_patterns(table, "brings_back", fetch.brings_back);
  if (table.has("command") && fetch.command.empty()) table.mistake("command", "'command' must not be empty");
}

void check_commands(const TomlTable& table, const std::vector<Command>& commands) {
  for (const Command& command : commands)
    if (command.empty()) table.mistake("commands", "'commands' has an empty command");
}

void read_build(TomlTable table, Recipe& recipe) {
  const auto read_args = [&](TomlTable lists) { lists.read_all(recipe.args_for); };
  const auto read_configure = [&](TomlTable entry) {
    entry.read({{"begin_with", &recipe.configure.begin_with, Presence::required},
                {"but_not", &recipe.configure.but_not},
                {"with_value", &recipe.configure.with_value}});
  };
  table.read({{"commands", &recipe.build, Presence::required},
              {"args_for", TomlTable::Table{read_args}},
              {"folder_option", &recipe.folder_option},
              {"profile_option", &recipe.profile_option},
              {"profile_flags", &recipe.profile_flags},
              {"configure", TomlTable::Table{read_configure}},
              {"emulator", &recipe.build_emulator},
              {"env", &recipe.build_env}});
  if (table.has("commands") && recipe.build.empty()) table.mistake("commands", "'commands' must not be empty");
  check_commands(table, recipe.build);
}

void read_test(TomlTable table, Recipe& recipe) {
  table.read({{"commands", &recipe.test, Presence::required}, {"env", &recipe.test_env}});
  check_commands(table, recipe.test);
}

void read_artifacts(TomlTable table, Recipe& recipe) {
  std::string from = "content";
  table.read({{"from", &from},
              {"folder", &recipe.build_folder},
              {"include", &recipe.artifacts, Presence::required},
              {"exclude", &recipe.artifacts_not},
              {"wrong_libc", &recipe.wrong_libc},
              {"commands", &recipe.after_build},
              {"foreign_allowed", &recipe.foreign_artifacts_allowed}});
  check_commands(table, recipe.after_build);
  constexpr std::array sources = {std::pair("content", ResultSource::content), std::pair("cargo", ResultSource::cargo),
                                  std::pair("cmake", ResultSource::cmake)};
  const auto* found = std::find_if(sources.begin(), sources.end(), [&](const auto& one) { return from == one.first; });
  if (found == sources.end())
    table.mistake("from", fmt::format("'from' must be content, cargo or cmake, not '{}'", printable(from)));
  else
    recipe.results_from = found->second;
  if (!recipe.build_folder.empty()) check_patterns(table, "folder", {recipe.build_folder});
  if (recipe.results_from == ResultSource::cmake && recipe.build_folder.empty())
    table.mistake("folder", "[artifacts] with 'from = \"cmake\"' needs 'folder'");
}

void read_install(TomlTable table, Recipe& recipe) {
  InstallPhase& install = recipe.install.emplace();
  table.read({{"commands", &install.commands, Presence::required},
              {"folder", &install.folder, Presence::required},
              {"strip", &install.strip}});
  if (table.has("commands") && install.commands.empty()) table.mistake("commands", "'commands' must not be empty");
  check_commands(table, install.commands);
  if (!install.folder.empty()) check_patterns(table, "folder", {install.folder});
  if (!install.strip.empty()) check_patterns(table, "strip", {install.strip});
}

void read_embedded(TomlTable table, Embedded& embedded) {
  table.read({{"sources", &embedded.sources, Presence::required},
              {"folders", &embedded.folders},
              {"rebuilt", &embedded.rebuilt, Presence::required}});
  check_patterns(table, "sources", embedded.sources);
  check_patterns(table, "rebuilt", embedded.rebuilt);
}

void read_content(TomlTable table, Recipe& recipe) {
  table.read({{"changed", &recipe.blind.changed},
              {"removed", &recipe.blind.removed},
              {"commit", &recipe.blind.commit},
              {"asks_git", &recipe.blind.asks_git},
              {"asks_dirt", &recipe.blind.asks_dirt},
              {"includes", &recipe.blind.includes},
              {"notes", &recipe.blind.notes},
              {"documents", &recipe.blind.documents},
              {"embedded", TomlTable::Table{[&](TomlTable entry) { read_embedded(entry, recipe.blind.embedded); }}},
              {"settings", &recipe.settings_in_variant},
              {"skip_unchanged", &recipe.skip_unchanged}});
  check_patterns(table, "changed", recipe.blind.changed);
  check_patterns(table, "removed", recipe.blind.removed);
  check_patterns(table, "commit", recipe.blind.commit);
  check_patterns(table, "includes", recipe.blind.includes);
  check_patterns(table, "notes", recipe.blind.notes);
  check_patterns(table, "documents", recipe.blind.documents);
}

/// One folder at the top of the project: a path could lead out of it.
void check_output(const TomlTable& table, const std::string& key, const std::string& output) {
  if (output.find('/') != std::string::npos || output == "." || output == "..")
    table.mistake(key, fmt::format("'{}' must be the name of a folder in the project's own", key));
}

/// `names`: whether the recipe must say what it is called.
void read_recipe(TomlTable table, Recipe& recipe, Presence names = Presence::required) {
  const auto read_profile = [&](const std::string& name, TomlTable entry) {
    Profile& profile = recipe.profiles[name];
    entry.read({{"tool", &profile.tool, Presence::required}, {"dir", &profile.dir, Presence::required}});
  };
  table.read(
      {{"name", &recipe.name, names},
       {"version", &recipe.version},
       {"title", &recipe.title, names},
       {"detect", &recipe.detect},
       {"rank", &recipe.rank},
       {"workspace_file", &recipe.workspace},
       {"searched_above", &recipe.searched_above},
       {"variables", &recipe.variables},
       {"output", &recipe.output},
       {"other_output", &recipe.other_output},
       {"toolchains", &recipe.toolchains},
       {"safe_to_interrupt", &recipe.safe_to_interrupt},
       {"needs", TomlTable::ListOfTables{[&](TomlTable entry) { read_need(entry, recipe); }}},
       {"image", TomlTable::Table{[&](TomlTable entry) { read_image(entry, recipe); }}},
       {"content", TomlTable::Table{[&](TomlTable entry) { read_content(entry, recipe); }}},
       {"volumes", TomlTable::Table{[&](TomlTable entry) { read_volumes(entry, recipe); }}, names},
       {"env", &recipe.env},
       {"settings", TomlTable::Table{[&](TomlTable entry) { read_settings(entry, recipe.settings); }}},
       {"file", TomlTable::ListOfTables{[&](TomlTable entry) { read_file(entry, recipe); }}},
       {"fetch", TomlTable::Table{[&](TomlTable entry) { read_fetch(entry, recipe); }}},
       {"build", TomlTable::Table{[&](TomlTable entry) { read_build(entry, recipe); }}, Presence::required},
       {"test", TomlTable::Table{[&](TomlTable entry) { read_test(entry, recipe); }}},
       {"profiles", TomlTable::NamedTables{read_profile}},
       {"artifacts", TomlTable::Table{[&](TomlTable entry) { read_artifacts(entry, recipe); }}, Presence::required},
       {"install", TomlTable::Table{[&](TomlTable entry) { read_install(entry, recipe); }}}});
  if (table.has("name")) check_name(table, "name", recipe.name);
  check_output(table, "output", recipe.output);
  check_output(table, "other_output", recipe.other_output);
  if (recipe.workspace.find('/') != std::string::npos)
    table.mistake("workspace_file", "'workspace_file' must be a file's name");
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
  TRY_ASSIGN(const auto found, os.stat(AT_FDCWD, folder));
  if (!found) return files;
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
  toml.root().read({{"name", &recipe.name},
                    {"detect", &recipe.detect},
                    {"rank", &recipe.rank},
                    {"version", &recipe.version},
                    {"title", &recipe.title},
                    {"workspace_file", &other},
                    {"searched_above", &words},
                    {"variables", &words},
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

void read_inline_recipe(TomlTable table, Recipe& recipe) {
  recipe.name = "command";
  recipe.title = "the project's own commands";
  recipe.compiled_name = "command-{project}-{target}";
  read_recipe(table, recipe, Presence::optional);
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
  // The XDG specification has relative paths ignored.
  if (const std::string xdg = environment("XDG_CONFIG_HOME"); xdg.starts_with('/')) return xdg + "/larder";
  if (const std::string home = environment("HOME"); !home.empty()) return home + "/.config/larder";
  return {};
}

}  // namespace larder::config
