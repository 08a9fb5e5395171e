#include "config/recipe_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace larder::config {
namespace {

using Presence = TomlTable::Presence;

void read_need(TomlTable table, Recipe& recipe) {
  Need need;
  table.read({{"what", &need.what, Presence::required},
              {"program", &need.program},
              {"file", &need.file},
              {"package", &need.package},
              {"component", &need.component}});
  for (const auto& [key, value] :
       {std::pair("what", need.what), std::pair("program", need.program), std::pair("file", need.file),
        std::pair("package", need.package), std::pair("component", need.component)})
    check_argument(table, key, value);
  if (need.program.empty() == need.file.empty()) table.mistake("", "[[needs]] needs either 'program' or 'file'");
  recipe.needs.push_back(std::move(need));
}

void read_volume(TomlTable table, std::vector<DownloadVolume>& volumes) {
  DownloadVolume volume;
  table.read({{"name", &volume.name, Presence::required},
              {"path", &volume.path, Presence::required},
              {"not_shared", &volume.not_shared}});
  if (table.has("path")) check_place(table, "path", volume.path);
  check_patterns(table, "not_shared", volume.not_shared);
  volumes.push_back(std::move(volume));
}

void read_image(TomlTable table, Recipe& recipe) {
  const auto read_script = [&](TomlTable entry) {
    ImageScript script;
    entry.read({{"name", &script.name, Presence::required},
                {"libc", &script.libc},
                {"arguments", &script.arguments},
                {"package", &script.package}});
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

void read_cxx(TomlTable table, CxxSigns& cxx) {
  table.read({{"sources", &cxx.sources, Presence::required},
              {"files", &cxx.files},
              {"words", &cxx.words},
              {"names", &cxx.names}});
  check_patterns(table, "sources", cxx.sources);
  check_patterns(table, "files", cxx.files);
}

void read_volumes(TomlTable table, Recipe& recipe) {
  const auto read_download = [&](TomlTable entry) { read_volume(entry, recipe.downloads); };
  table.read({{"compiled", &recipe.compiled_name, Presence::required},
              {"rewritten", &recipe.rewritten},
              {"not_shared", &recipe.not_shared},
              {"download", TomlTable::ListOfTables{read_download}}});
  check_patterns(table, "not_shared", recipe.not_shared);
}

void read_user_settings(TomlTable table, UserSettings& user) {
  table.read({{"home_variable", &user.home_variable},
              {"home", &user.home, Presence::required},
              {"files", &user.files, Presence::required},
              {"tables", &user.tables},
              {"build_tables", &user.build_tables},
              {"not_followed", &user.not_followed},
              {"secrets", &user.secrets},
              {"servers", &user.servers},
              {"routes", &user.routes},
              {"route_variables", &user.route_variables},
              {"left_out", &user.left_out},
              {"paths", &user.paths},
              {"credentials", &user.credentials},
              {"credentials_path", &user.credentials_path},
              {"certificates", &user.certificates},
              {"variables", &user.variables},
              {"variables_file", &user.variables_file}});
  if (!user.variables_file.empty()) check_patterns(table, "variables_file", {user.variables_file});
  if (table.has("credentials_path")) check_place(table, "credentials_path", user.credentials_path);
  check_patterns(table, "files", user.files);
  check_patterns(table, "credentials", user.credentials);
}

void read_settings(TomlTable table, SettingsFile& settings) {
  const auto read_user = [&](TomlTable user) { read_user_settings(user, settings.user); };
  table.read({{"path", &settings.path},
              {"project_files", &settings.project_files},
              {"include_key", &settings.include_key},
              {"values", &settings.values},
              {"test_values", &settings.test_values},
              {"gives_way", &settings.gives_way},
              {"variable_prefix", &settings.variable_prefix},
              {"target_key", &settings.target_key},
              {"output_key", &settings.output_key},
              {"user", TomlTable::Table{read_user}}});
  if (table.has("path")) check_place(table, "path", settings.path);
  check_patterns(table, "project_files", settings.project_files);
}

void read_file(TomlTable table, Recipe& recipe) {
  BuildFile file;
  table.read({{"path", &file.path, Presence::required}, {"text", &file.text, Presence::required}});
  if (table.has("path")) check_place(table, "path", file.path);
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
              {"project_options", &recipe.project_options},
              {"goals_in_turn", &recipe.goals_in_turn},
              {"output_option", &recipe.output_option},
              {"target_option", &recipe.target_option},
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
              {"beside", &recipe.beside},
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
              {"rebuilt", &embedded.rebuilt, Presence::required},
              {"locks", &embedded.locks},
              {"git_macros", &embedded.git_macros},
              {"git_words", &embedded.git_words},
              {"script_key", &embedded.script_key},
              {"macro_key", &embedded.macro_key},
              {"reading_words", &embedded.reading_words},
              {"manifest_words", &embedded.manifest_words}});
  check_patterns(table, "sources", embedded.sources);
  check_patterns(table, "locks", embedded.locks);
  check_patterns(table, "rebuilt", embedded.rebuilt);
}

void read_checked(TomlTable table, CheckedDownloads& checked) {
  table.read({{"lock", &checked.lock, Presence::required},
              {"files", &checked.files, Presence::required},
              {"unpacked", &checked.unpacked}});
  for (const auto& [key, pattern] : {std::pair("files", &checked.files), std::pair("unpacked", &checked.unpacked)})
    if (table.has(key) && (!pattern->starts_with('/') || pattern->find("/*", pattern->rfind('/')) == std::string::npos))
      table.mistake(key, fmt::format("'{}' is an absolute path whose last part begins with `*`", key));
}

void read_configured(TomlTable table, Configured& configured) {
  table.read({{"by", &configured.by, Presence::required},
              {"probes", &configured.probes},
              {"reads", &configured.reads},
              {"cache", &configured.cache, Presence::required},
              {"kept", &configured.kept},
              {"status", &configured.status}});
  check_patterns(table, "by", configured.by);
  check_patterns(table, "cache", configured.cache);
  check_patterns(table, "kept", configured.kept);
  check_patterns(table, "status", configured.status);
}

void read_other_image(TomlTable table, OtherImage& other) {
  std::string units;
  table.read({{"compiler", &other.compiler, Presence::required},
              {"unread", &other.unread},
              {"units", &units, Presence::required}});
  check_patterns(table, "compiler", other.compiler);
  check_patterns(table, "unread", other.unread);
  if (units == "rust")
    other.units = UnitKinds::rust;
  else if (!units.empty())
    table.mistake("units", "'units' must be \"rust\"");
}

void read_told(TomlTable table, Told& told) {
  table.read({{"files", &told.files, Presence::required},
              {"after", &told.after, Presence::required},
              {"tells", &told.tells},
              {"units", &told.units},
              {"name_key", &told.name_key},
              {"links_key", &told.links_key},
              {"sealed", &told.sealed}});
  check_patterns(table, "files", told.files);
  check_argument(table, "after", told.after);
}

void read_content(TomlTable table, Recipe& recipe) {
  table.read(
      {{"changed", &recipe.blind.changed},
       {"removed", &recipe.blind.removed},
       {"commit", &recipe.blind.commit},
       {"asks_git", &recipe.blind.asks_git},
       {"asks_dirt", &recipe.blind.asks_dirt},
       {"asks_refs", &recipe.blind.asks_refs},
       {"includes", &recipe.blind.includes},
       {"notes", &recipe.blind.notes},
       {"rules", &recipe.blind.rules},
       {"commands", &recipe.blind.commands},
       {"stamps", &recipe.blind.stamps},
       {"scripts", &recipe.blind.scripts},
       {"documents", &recipe.blind.documents},
       {"known", &recipe.blind.known},
       {"told", TomlTable::Table{[&](TomlTable entry) { read_told(entry, recipe.blind.told); }}},
       {"checked", TomlTable::Table{[&](TomlTable entry) { read_checked(entry, recipe.blind.checked); }}},
       {"configured", TomlTable::Table{[&](TomlTable entry) { read_configured(entry, recipe.blind.configured); }}},
       {"embedded", TomlTable::Table{[&](TomlTable entry) { read_embedded(entry, recipe.blind.embedded); }}},
       {"other_image", TomlTable::Table{[&](TomlTable entry) { read_other_image(entry, recipe.blind.other_image); }}},
       {"settings", &recipe.settings_in_variant},
       {"skip_unchanged", &recipe.skip_unchanged}});
  check_patterns(table, "changed", recipe.blind.changed);
  check_patterns(table, "removed", recipe.blind.removed);
  check_patterns(table, "commit", recipe.blind.commit);
  check_patterns(table, "includes", recipe.blind.includes);
  check_patterns(table, "notes", recipe.blind.notes);
  check_patterns(table, "documents", recipe.blind.documents);
  check_patterns(table, "known", recipe.blind.known);
}

/// One folder at the top of the project: a path could lead out of it.
void check_output(const TomlTable& table, const std::string& key, const std::string& output) {
  if (output.find('/') != std::string::npos || output == "." || output == "..")
    table.mistake(key, fmt::format("'{}' must be the name of a folder in the project's own", key));
  else
    check_argument(table, key, output);
}

}  // namespace

void read_recipe(TomlTable table, Recipe& recipe, TomlTable::Presence names) {
  const auto read_profile = [&](const std::string& name, TomlTable entry) {
    Profile& profile = recipe.profiles[name];
    entry.read({{"tool", &profile.tool, Presence::required}, {"dir", &profile.dir, Presence::required}});
    check_argument(entry, "tool", profile.tool);
    if (!profile.dir.empty()) check_patterns(entry, "dir", {profile.dir});
  };
  table.read(
      {{"name", &recipe.name, names},
       {"version", &recipe.version},
       {"title", &recipe.title, names},
       {"detect", &recipe.detect},
       {"rank", &recipe.rank},
       {"workspace_file", &recipe.workspace},
       {"searched_above", &recipe.searched_above},
       {"around_file", &recipe.around_file},
       {"variables", &recipe.variables},
       {"decided", &recipe.decided},
       {"output", &recipe.output},
       {"other_output", &recipe.other_output},
       {"toolchains", &recipe.toolchains},
       {"safe_to_interrupt", &recipe.safe_to_interrupt},
       {"needs", TomlTable::ListOfTables{[&](TomlTable entry) { read_need(entry, recipe); }}},
       {"image", TomlTable::Table{[&](TomlTable entry) { read_image(entry, recipe); }}},
       {"content", TomlTable::Table{[&](TomlTable entry) { read_content(entry, recipe); }}},
       {"cxx", TomlTable::Table{[&](TomlTable entry) { read_cxx(entry, recipe.cxx); }}},
       {"volumes", TomlTable::Table{[&](TomlTable entry) { read_volumes(entry, recipe); }}, names},
       {"env", &recipe.env},
       {"env_other", &recipe.env_other},
       {"settings", TomlTable::Table{[&](TomlTable entry) { read_settings(entry, recipe.settings); }}},
       {"file", TomlTable::ListOfTables{[&](TomlTable entry) { read_file(entry, recipe); }}},
       {"fetch", TomlTable::Table{[&](TomlTable entry) { read_fetch(entry, recipe); }}},
       {"build", TomlTable::Table{[&](TomlTable entry) { read_build(entry, recipe); }}, Presence::required},
       {"test", TomlTable::Table{[&](TomlTable entry) { read_test(entry, recipe); }}},
       {"profiles", TomlTable::NamedTables{read_profile}},
       {"artifacts", TomlTable::Table{[&](TomlTable entry) { read_artifacts(entry, recipe); }}, Presence::required},
       {"install", TomlTable::Table{[&](TomlTable entry) { read_install(entry, recipe); }}}});
  recipe.blind.unsaid = !table.has("content");
  if (recipe.blind.unsaid) recipe.settings_in_variant = true;
  if (table.has("name")) check_name(table, "name", recipe.name);
  check_output(table, "output", recipe.output);
  check_output(table, "other_output", recipe.other_output);
  for (const auto& [key, file] :
       {std::pair("workspace_file", recipe.workspace), std::pair("around_file", recipe.around_file)}) {
    if (file.find('/') != std::string::npos) table.mistake(key, fmt::format("'{}' must be a file's name", key));
    check_argument(table, key, file);
  }
  check_argument(table, "title", recipe.title);
  check_patterns(table, "detect", recipe.detect);
  check_patterns(table, "searched_above", recipe.searched_above);
}

void read_inline_recipe(TomlTable table, Recipe& recipe) {
  recipe.name = "command";
  recipe.title = "the project's own commands";
  recipe.compiled_name = "command-{project}-{target}";
  read_recipe(table, recipe, Presence::optional);
}

}  // namespace larder::config
