#include "builds/run/outside_hint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/text.hpp"

namespace larder::builds {
namespace {

namespace fs = std::filesystem;

/// How cargo, rustc, compilers, make and CMake say that they have not found a file.
constexpr std::array wants = {"No such file",   "o such file or directory", "couldn't read",      "failed to read",
                              "failed to load", "No rule to make target",   "Cannot find source", "does not exist",
                              "not found",      "is not an existing"};
/// How a program says that it may not write there.
constexpr std::array refusals = {"Read-only file system", "cannot open output file"};
/// How deep below the root of the machine the folder may lie, above which a path's `..` go no further.
constexpr int depth_max = 16;

/// GNU's programs quote names with other signs where the locale has them.
std::string with_plain_quotes(std::string line) {
  for (const char* quote : {"\u2018", "\u2019"})
    for (size_t at = line.find(quote); at != std::string::npos; at = line.find(quote, at))
      line.replace(at, std::string_view(quote).size(), "'");
  return line;
}

/// The words of a line that are paths.
std::vector<std::string> paths_in(const std::string& line) {
  std::vector<std::string> paths;
  std::string word;
  for (const char c : with_plain_quotes(line) + " ") {
    if (std::string_view(" \t`'\"():,;<>").find(c) == std::string_view::npos) {
      word += c;
      continue;
    }
    if (word.find('/') != std::string::npos) paths.push_back(word);
    word.clear();
  }
  return paths;
}

bool starts_outside(const std::string& path) { return path == ".." || path.starts_with("../"); }

/// The file of this machine that a path of the build means, where it lies outside of what is shown: relative to the
/// project's folder; empty: none. In the sandbox `..` ends at the root, so that some of them may be missing.
std::string meant_outside(const Workspace& workspace, const fs::path& path) {
  std::error_code ignored;
  const std::string inside = path.lexically_normal().lexically_relative(workspace.place).string();
  if (!starts_outside(inside) || !path.has_root_path()) return {};
  std::string relative = inside;
  for (int missing = 0; missing < depth_max; ++missing, relative = "../" + relative) {
    const fs::path meant = (fs::path(workspace.folder) / relative).lexically_normal();
    const bool is_shown = !starts_outside(meant.lexically_relative(workspace.top).string());
    const bool holds_project = !starts_outside(fs::path(workspace.folder).lexically_relative(meant).string());
    if (!is_shown && !holds_project && !fs::exists(path, ignored) && fs::exists(meant, ignored)) return meant.string();
  }
  return {};
}

/// The file or folder beside those that are shown which has the path in it.
std::string to_include(const Workspace& workspace, const std::string& path) {
  fs::path named;
  for (const fs::path& part : fs::path(path).lexically_relative(workspace.settings)) {
    named /= part;
    if (part != "..") break;
  }
  return named.string();
}

std::string meant_by(const Workspace& workspace, const std::string& line) {
  const std::vector<std::string> paths = paths_in(line);
  for (const std::string& path : paths) {
    std::vector<fs::path> folders = {workspace.start_place(), workspace.place};
    for (const std::string& other : paths) folders.push_back(fs::path(workspace.place) / fs::path(other).parent_path());
    for (const fs::path& folder : folders) {
      const std::string meant = meant_outside(workspace, folder / path);
      if (!meant.empty()) return meant;
    }
  }
  return {};
}

/// The file of this machine that a build means by a path outside of the project's folder; empty: it lies in it.
std::string written_outside(const Workspace& workspace, const std::string& path) {
  for (const std::string& folder : {workspace.start_place(), workspace.place}) {
    const std::string inside =
        (fs::path(folder) / path).lexically_normal().lexically_relative(workspace.place).string();
    const bool is_systems = fs::path(path).is_absolute() && !path.starts_with(workspace_path);
    if (starts_outside(inside) && !is_systems) return (fs::path(workspace.folder) / inside).lexically_normal().string();
  }
  return {};
}

std::string advice(const Plan& plan, const std::string& written) {
  const fs::path folder = plan.workspace.folder;
  fs::path top = folder;
  while (starts_outside(fs::path(written).lexically_relative(top).string())) top = top.parent_path();
  if (plan.recipe.folder_option.empty() || top == top.root_path()) return "let it write below " + folder.string();
  return fmt::format(
      "a larder.toml in {} with `[project] recipe = \"{}\"` and `[build] args = [\"{}\", \"{}\"]` makes that the "
      "project",
      printable(top.string()), plan.recipe.name, plan.recipe.folder_option,
      printable(folder.lexically_relative(top).string()));
}

}  // namespace

std::string written_outside_hint(const Plan& plan, const std::vector<std::string>& last_lines) {
  for (const std::string& line : last_lines) {
    const bool is_refusal = std::any_of(refusals.begin(), refusals.end(),
                                        [&](const char* words) { return line.find(words) != std::string::npos; });
    if (!is_refusal) continue;
    for (const std::string& path : paths_in(line))
      if (const std::string written = written_outside(plan.workspace, path); !written.empty())
        return fmt::format("the build writes to {}, and what lies around the project is read-only; {}",
                           printable(written), advice(plan, written));
  }
  return {};
}

std::string outside_hint(const Workspace& workspace, const std::vector<std::string>& last_lines) {
  const bool is_wanting = std::any_of(last_lines.begin(), last_lines.end(), [](const std::string& line) {
    return std::any_of(wants.begin(), wants.end(),
                       [&](const char* word) { return line.find(word) != std::string::npos; });
  });
  if (!is_wanting) return {};
  for (const std::string& line : last_lines) {
    const std::string meant = meant_by(workspace, line);
    if (meant.empty()) continue;
    return fmt::format(
        "{} lies outside of what builds see; `[workspace] include = [\"{}\"]` in {}/larder.toml shows it",
        printable(meant), printable(to_include(workspace, meant)), printable(workspace.settings));
  }
  return {};
}

}  // namespace larder::builds
