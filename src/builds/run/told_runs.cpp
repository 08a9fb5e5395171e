#include "builds/run/told_runs.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <map>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "builds/output/result_path.hpp"
#include "builds/run/asks_git.hpp"
#include "builds/run/noted_files.hpp"
#include "builds/run/source_text.hpp"
#include "config/toml_reader.hpp"

namespace larder::builds {
namespace {

constexpr size_t told_bytes_max = size_t{16} << 20U;

/// A package of the project's that has such a program.
struct Package {
  std::string folder;            ///< empty: the project's own
  bool program_differs = false;  ///< or what says how it is built
};

using Packages = std::map<std::string, Package, std::less<>>;  ///< by their names

std::vector<std::string> differing(const source::Difference& difference) {
  std::vector<std::string> paths;
  for (const auto* some : {&difference.changed, &difference.added, &difference.removed})
    paths.insert(paths.end(), some->begin(), some->end());
  return paths;
}

/// The packages with a file of `paths` in them.
Packages packages_with(Os& os, const Plan& plan, const source::Entries& entries,
                       const std::vector<std::string>& paths) {
  const config::BlindSpots& blind = plan.recipe.blind;
  const auto scripts = scripts_of_tool(os, plan, entries);
  Packages packages;
  for (const source::Entry& entry : entries) {
    if (entry.kind != source::Kind::file || file_name(entry.path) != plan.recipe.workspace) continue;
    Package package{std::string(folder_of(entry.path)), false};
    const auto is_inside = [&](const std::string& path) { return source::is_below(path, package.folder); };
    const auto is_of_program = [&](const std::string& path) {
      return path == entry.path || (is_inside(path) && (matches_any(blind.commit, path) || scripts.contains(path)));
    };
    if (std::none_of(paths.begin(), paths.end(), is_inside)) continue;
    package.program_differs = std::any_of(paths.begin(), paths.end(), is_of_program);
    const auto text = source_text(os, plan.workspace.folder + "/" + entry.path);
    const auto file = text ? config::parse_foreign_toml(*text) : std::nullopt;
    const auto name = file ? file->at_path(blind.told.name_key).value<std::string>() : std::nullopt;
    if (name) packages.emplace(*name, std::move(package));
  }
  return packages;
}

/// Whether the tool starts a program of the package's again, which has said `text` when it ran.
bool runs_again(const Plan& plan, const Package& package, const std::string& text,
                const std::vector<std::string>& paths) {
  const config::Told& told = plan.recipe.blind.told;
  if (package.program_differs) return true;
  if (text.find(told.tells) == std::string::npos) return true;  // of all that the package has
  NotedFiles notes(plan.workspace.place);
  notes.add_told(text, told.after);
  return std::any_of(paths.begin(), paths.end(), [&](const std::string& path) { return notes.have(path); });
}

/// "app" of "app-0123456789abcdef".
std::string_view name_of_unit(std::string_view unit) { return unit.substr(0, unit.rfind('-')); }

}  // namespace

Result<std::vector<std::string>> runs_to_forget(Os& os, const Plan& plan, const source::Entries& entries,
                                                const source::Difference& difference, const store::MergedTree& volume) {
  const config::Told& told = plan.recipe.blind.told;
  const std::vector<std::string> paths = differing(difference);
  std::vector<std::string> folders;
  if (told.units.empty() || paths.empty()) return folders;
  const Packages packages = packages_with(os, plan, entries, paths);
  if (packages.empty()) return folders;
  const auto visit = [&](const store::MergedEntry& entry) -> Status {
    if (!S_ISREG(entry.status.st_mode) || !matches_any(told.files, entry.path)) return {};
    const std::string unit(folder_of(entry.path));
    const auto package = packages.find(name_of_unit(file_name(unit)));
    if (package == packages.end()) return {};
    TRY_ASSIGN(const std::string text, read_file(os, entry.dir, entry.name, told_bytes_max));
    if (!runs_again(plan, package->second, text, paths)) return {};
    for (const std::string& beside : told.units) {
      std::string folder = std::string(folder_of(folder_of(unit))) + "/" + beside + "/" + std::string(file_name(unit));
      TRY_ASSIGN(const auto found, volume.find(folder));
      if (found) folders.push_back(std::move(folder));
    }
    return {};
  };
  const auto enter = [&](const std::string& folder) {  // not what a run has made
    return !contains(told.units, std::string(file_name(folder_of(folder_of(folder)))));
  };
  TRY(volume.walk(visit, enter));
  return folders;
}

}  // namespace larder::builds
