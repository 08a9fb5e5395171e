#include "builds/run/packages.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "builds/output/result_path.hpp"
#include "builds/run/named_files.hpp"
#include "builds/run/source_text.hpp"
#include "builds/run/strings.hpp"
#include "config/toml_reader.hpp"

namespace larder::builds {
namespace {

namespace fs = std::filesystem;

bool is_manifest(const Plan& plan, const source::Entry& entry) {
  return entry.kind == source::Kind::file && file_name(entry.path) == plan.recipe.workspace;
}

std::string joined(const std::string& folder, std::string_view name) {
  return folder.empty() ? std::string(name) : folder + "/" + std::string(name);
}

bool is_sealed(const Plan& plan, const source::Entries& entries, const std::string& folder) {
  const std::string& mark = plan.recipe.blind.told.sealed;
  return !mark.empty() && source::find(entries, joined(folder, mark)) != nullptr;
}

std::optional<std::string> text_value(const std::optional<toml::table>& file, const std::string& key) {
  return file && !key.empty() ? file->at_path(key).value<std::string>() : std::nullopt;
}

/// The script that the package has by custom or by name, and what lies beside it in a folder of its own.
std::set<std::string> scripts_in(const Plan& plan, const source::Entries& entries, const std::string& folder,
                                 const std::optional<toml::table>& file) {
  const config::BlindSpots& blind = plan.recipe.blind;
  const auto named = text_value(file, blind.embedded.script_key);
  const std::string script = named ? fs::path(joined(folder, *named)).lexically_normal().string() : std::string();
  const std::string own = folder_of(script);
  std::set<std::string> scripts;
  for (const source::Entry& entry : entries) {
    if (entry.kind != source::Kind::file) continue;
    const bool by_custom = folder_of(entry.path) == folder && matches_any(blind.commit, entry.path);
    const bool beside = !script.empty() && own != folder && source::is_below(entry.path, own) &&
                        matches_any(blind.embedded.sources, entry.path);
    if (by_custom || beside || entry.path == script) scripts.insert(entry.path);
  }
  return scripts;
}

/// Adds the names of the packages that a table of dependencies names, by their keys or another name of theirs.
void add_needs(const toml::node_view<const toml::node> node, std::set<std::string>& names) {
  const toml::table* table = node.as_table();
  if (table == nullptr) return;
  for (const auto& [key, value] : *table) {
    const toml::table* said = value.as_table();
    const auto other = said != nullptr ? (*said)["package"].value<std::string>() : std::nullopt;
    names.insert(other.value_or(std::string(key.str())));
  }
}

void take_needs(const toml::table& file, Package& package) {
  add_needs(file["dependencies"], package.needs);
  add_needs(file["build-dependencies"], package.script_needs);
  if (const toml::table* targets = file["target"].as_table())
    for (const auto& [name, target] : *targets)
      if (const toml::table* table = target.as_table()) {
        add_needs((*table)["dependencies"], package.needs);
        add_needs((*table)["build-dependencies"], package.script_needs);
      }
}

/// What a string says after `=`, as in "cargo:rerun-if-changed=src", without steps upwards.
std::string_view path_in(std::string_view string) {
  string = string.substr(string.find('=') + 1);
  while (string.starts_with('/') || string.starts_with("./") || string.starts_with("../"))
    string.remove_prefix(string.find('/') + 1);
  while (string.ends_with('/')) string.remove_suffix(1);
  return string;
}

/// Whether a string that lists folders by it means one around the path.
bool means_folder_of(const Package& package, std::string_view string, const std::string& path) {
  const std::string_view name = path_in(string);
  if (name.empty() || name == "." || name == "..") {
    const std::string folder = (fs::path(package.folder) / string).lexically_normal().string();
    return folder == "." || folder.empty() ||
           source::is_below(path, folder.substr(0, folder.find_last_not_of('/') + 1));
  }
  for (std::string at = folder_of(path); !at.empty(); at = folder_of(at))
    if (ends_with_path(at, name)) return true;
  return false;
}

}  // namespace

std::vector<Package> packages_of(Os& os, const Plan& plan, const source::Entries& entries) {
  const config::BlindSpots& blind = plan.recipe.blind;
  std::vector<Package> packages;
  for (const source::Entry& entry : entries) {
    if (!is_manifest(plan, entry)) continue;
    Package package;
    package.folder = folder_of(entry.path);
    if (is_sealed(plan, entries, package.folder)) continue;
    const auto text = source_text(os, plan.workspace.folder + "/" + entry.path);
    const auto file = text ? config::parse_foreign_toml(*text) : std::nullopt;
    package.name = text_value(file, blind.told.name_key).value_or("");
    package.scripts = scripts_in(plan, entries, package.folder, file);
    for (const std::string& script : package.scripts)
      package.script_text += source_text(os, plan.workspace.folder + "/" + script).value_or("") + "\n";
    if (file) take_needs(*file, package);
    package.tells_others = text_value(file, blind.told.links_key).has_value();
    package.is_macro =
        file && !blind.embedded.macro_key.empty() && file->at_path(blind.embedded.macro_key).value_or(false);
    packages.push_back(std::move(package));
  }
  return packages;
}

std::optional<std::string> package_folder(const Plan& plan, const source::Entries& entries, const std::string& path) {
  for (std::string at = path; !at.empty();) {
    at = folder_of(at);
    if (source::find(entries, joined(at, plan.recipe.workspace)) != nullptr) return at;
  }
  return std::nullopt;
}

std::set<std::string, std::less<>> sealed_packages(Os& os, const Plan& plan, const source::Entries& entries,
                                                   const std::vector<std::string>& paths) {
  std::set<std::string, std::less<>> names;
  if (plan.recipe.blind.told.sealed.empty()) return names;
  std::set<std::string> folders;
  for (const std::string& path : paths)
    for (std::string at = folder_of(path); !at.empty(); at = folder_of(at))
      if (is_sealed(plan, entries, at)) folders.insert(at);
  for (const std::string& folder : folders) {
    const auto text = source_text(os, plan.workspace.folder + "/" + joined(folder, plan.recipe.workspace));
    const auto file = text ? config::parse_foreign_toml(*text) : std::nullopt;
    if (const auto name = text_value(file, plan.recipe.blind.told.name_key)) names.insert(*name);
  }
  return names;
}

std::set<std::string> roots_of_tool(Os& os, const Plan& plan, const source::Entries& entries) {
  std::set<std::string> roots;
  for (const source::Entry& entry : entries) {
    if (!is_manifest(plan, entry)) continue;
    const auto text = source_text(os, plan.workspace.folder + "/" + entry.path);
    if (!text) continue;
    for (const std::string& line : split(*text, '\n'))
      each_string(line, [&](std::string_view, std::string_view string) {
        const std::string path = fs::path(joined(folder_of(entry.path), string)).lexically_normal().string();
        if (matches_any(plan.recipe.blind.embedded.sources, path)) roots.insert(path);
      });
  }
  return roots;
}

bool lists_folders(std::string_view text) {
  static constexpr std::array calls = {"read_dir(", "WalkDir::new(", "walk_dir(", "glob(", "Walk::new(", "walk("};
  return std::any_of(calls.begin(), calls.end(),
                     [&](const char* call) { return text.find(call) != std::string_view::npos; });
}

bool script_speaks_of(const Plan& plan, const Package& package, const std::string& path) {
  const config::Embedded& embedded = plan.recipe.blind.embedded;
  const bool is_tools = file_name(path) == plan.recipe.workspace || contains(embedded.locks, path);
  if (is_tools && has_one_of(package.script_text, embedded.manifest_words)) return true;
  const bool lists = lists_folders(package.script_text);
  bool speaks = false;
  for (const std::string& line : split(package.script_text, '\n'))
    each_string(line, [&](std::string_view, std::string_view string) {
      if (speaks || string.find_first_of(" \t<>") != std::string_view::npos) return;
      const std::string_view name = path_in(string);
      speaks = (!name.empty() && ends_with_path(path, name)) || (lists && means_folder_of(package, string, path));
    });
  return speaks;
}

}  // namespace larder::builds
