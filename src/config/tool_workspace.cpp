#include "config/tool_workspace.hpp"

#include <toml++/toml.h>

#include <filesystem>
#include <optional>

#include "base/os.hpp"
#include "config/toml_reader.hpp"

namespace larder::config {
namespace {

namespace fs = std::filesystem;

/// No value where it is no file, or none that can be read: the tool itself tells of that.
std::optional<toml::table> parse(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return std::nullopt;
  Os os;
  const auto text = read_config_file(os, path.string());
  return text ? parse_foreign_toml(*text) : std::nullopt;
}

/// Whether one of the list's paths, relative to `root`, is the folder or one above it.
bool names(const toml::array* list, const fs::path& root, const fs::path& folder) {
  if (list == nullptr) return false;
  for (const toml::node& node : *list) {
    const auto text = node.value<std::string>();
    if (!text) continue;
    const std::string inside = folder.lexically_relative((root / *text).lexically_normal()).string();
    if (!inside.empty() && inside != ".." && !inside.starts_with("../")) return true;
  }
  return false;
}

/// Cargo takes a member that is named for one, also where a folder around it is excluded.
bool excludes(const toml::table& workspace, const fs::path& root, const fs::path& package) {
  return names(workspace["exclude"].as_array(), root, package) &&
         !names(workspace["members"].as_array(), root, package);
}

}  // namespace

std::string tool_workspace(const std::string& start, const std::string& file) {
  std::error_code ignored;
  fs::path package = start;
  while (!fs::is_regular_file(package / file, ignored)) {
    if (package == package.parent_path()) return {};
    package = package.parent_path();
  }
  const auto own = parse(package / file);
  if (!own) return {};
  if (const auto named = own->at_path("package.workspace").value<std::string>())
    return fs::weakly_canonical(package / *named, ignored).string();
  for (fs::path folder = package;; folder = folder.parent_path()) {
    const auto found = folder == package ? own : parse(folder / file);
    const toml::table* workspace = found ? (*found)["workspace"].as_table() : nullptr;
    if (workspace != nullptr && !excludes(*workspace, folder, package)) return folder.string();
    if (folder == folder.parent_path()) return {};
  }
}

}  // namespace larder::config
