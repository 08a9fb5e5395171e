#include "builds/run/told_runs.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <map>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "builds/output/result_path.hpp"
#include "builds/run/noted_files.hpp"
#include "builds/run/packages.hpp"

namespace larder::builds {
namespace {

constexpr size_t told_bytes_max = size_t{16} << 20U;

/// "app" of "app-0123456789abcdef".
std::string_view name_of_unit(std::string_view unit) { return unit.substr(0, unit.rfind('-')); }

using Names = std::set<std::string, std::less<>>;

class RunFinder {
 public:
  RunFinder(const Plan& plan, const std::vector<std::string>& paths, Names sealed)
      : plan_(plan), told_(plan.recipe.blind.told), paths_(paths), sealed_(std::move(sealed)) {}

  void take(std::vector<Package> packages) {
    std::set<std::string> others = differing(packages);
    for (Package& package : packages) {
      if (package.name.empty() || package.scripts.empty()) continue;
      const auto is_of_program = [&](const std::string& path) {
        return package.scripts.contains(path) || path == manifest_of(package);
      };
      const auto is_spoken_of = [&](const std::string& path) { return script_speaks_of(plan_, package, path); };
      const auto is_other = [&](const std::string& name) { return others.contains(name); };
      if (any(is_of_program) || any(is_spoken_of) ||
          std::any_of(package.script_needs.begin(), package.script_needs.end(), is_other))
        again_.insert(package.name);
      packages_.emplace(package.name, std::move(package));
    }
  }

  bool needs_look() const { return !packages_.empty() || !sealed_.empty(); }

  /// A file in which the tool keeps what a run has told it.
  void take_told(const std::string& path, std::string_view text) {
    const std::string unit(file_name(folder_of(path)));
    const auto package = packages_.find(name_of_unit(unit));
    if (package == packages_.end()) return;
    runs_.insert(unit);
    if (runs_again(package->second, text)) again_.insert(package->first);
  }

  void take_unit(const std::string& path) { units_.push_back(path); }

  /// Where one run of a package's program begins anew all do, since they write to the same source tree.
  RunsAgain found() {
    pass_on();
    RunsAgain found;
    for (const std::string& path : units_) {
      const std::string unit(file_name(path));
      const std::string_view name = name_of_unit(unit);
      if (sealed_.contains(name) || (again_.contains(name) && runs_.contains(unit))) found.folders.push_back(path);
    }
    for (const auto& [name, package] : packages_)
      if (again_.contains(name)) found.packages.insert(package.folder);
    return found;
  }

 private:
  /// The names of the packages in which one of the paths lies, and of those that need them.
  std::set<std::string> differing(const std::vector<Package>& packages) const {
    std::set<std::string> names;
    for (const Package& package : packages)
      if (any([&](const std::string& path) { return source::is_below(path, package.folder); }))
        names.insert(package.name);
    for (size_t before = 0; before != names.size();) {
      before = names.size();
      for (const Package& package : packages)
        if (std::any_of(package.needs.begin(), package.needs.end(),
                        [&](const std::string& need) { return names.contains(need); }))
          names.insert(package.name);
    }
    return names;
  }

  /// What a program says anew goes to those of the packages that need its own.
  void pass_on() {
    for (size_t before = 0; before != again_.size();) {
      before = again_.size();
      for (const auto& [name, package] : packages_)
        for (const std::string& need : package.needs) {
          const auto other = packages_.find(need);
          if (other != packages_.end() && other->second.tells_others && again_.contains(need)) again_.insert(name);
        }
    }
  }

  template <typename Test>
  bool any(const Test& test) const {
    return std::any_of(paths_.begin(), paths_.end(), test);
  }

  std::string manifest_of(const Package& package) const {
    return package.folder.empty() ? plan_.recipe.workspace : package.folder + "/" + plan_.recipe.workspace;
  }

  bool runs_again(const Package& package, std::string_view text) const {
    if (text.find(told_.tells) == std::string_view::npos)
      return any([&](const std::string& path) { return source::is_below(path, package.folder); });
    NotedFiles notes(plan_.workspace.place);
    notes.add_told(text, told_.after);
    return any([&](const std::string& path) { return notes.have(path); });
  }

  const Plan& plan_;
  const config::Told& told_;
  const std::vector<std::string>& paths_;
  Names sealed_;                                          ///< names of packages
  std::map<std::string, Package, std::less<>> packages_;  ///< with programs, by their names
  Names again_;                                           ///< of these, those whose programs run again
  std::set<std::string> runs_;                            ///< units that hold what a run has told
  std::vector<std::string> units_;                        ///< paths of all
};

}  // namespace

Result<RunsAgain> find_runs_again(Os& os, const Plan& plan, const source::Entries& entries,
                                  const std::vector<std::string>& paths, const store::MergedTree& volume) {
  const config::Told& told = plan.recipe.blind.told;
  if (told.units.empty() || paths.empty()) return RunsAgain();
  RunFinder finder(plan, paths, sealed_packages(os, plan, entries, paths));
  finder.take(packages_of(os, plan, entries));
  if (!finder.needs_look()) return RunsAgain();
  const auto is_unit = [&](const std::string& path) {
    return contains(told.units, std::string(file_name(folder_of(path))));
  };
  const auto visit = [&](const store::MergedEntry& entry) -> Status {
    if (S_ISDIR(entry.status.st_mode) && is_unit(entry.path)) finder.take_unit(entry.path);
    if (!S_ISREG(entry.status.st_mode) || !matches_any(told.files, entry.path)) return {};
    TRY_ASSIGN(const std::string text, read_file(os, entry.dir, entry.name, told_bytes_max));
    finder.take_told(entry.path, text);
    return {};
  };
  const auto enter = [&](const std::string& folder) { return !is_unit(folder_of(folder)); };  // not what a run has made
  TRY(volume.walk(visit, enter));
  return finder.found();
}

}  // namespace larder::builds
