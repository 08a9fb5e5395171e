#include "builds/run/leftovers.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "builds/run/source_text.hpp"
#include "source/git_index.hpp"

namespace larder::builds {
namespace {

constexpr size_t index_bytes_max = size_t{1} << 30;

/// What compilers write beside an object: dependencies, libtool's notes, the kernel's commands.
constexpr std::array companion_suffixes = {".d", ".lo", ".la", ".Po", ".Plo", ".dwo", ".su", ".gcno", ".gcda"};

/// The paths in the project that git tracks; none where no repository of its own holds it.
std::set<std::string> tracked(Os& os, const Workspace& workspace) {
  const std::string top = workspace.git_top.empty() ? workspace.folder : workspace.git_top;
  const auto index = read_file(os, AT_FDCWD, top + "/.git/index", index_bytes_max);
  const auto paths = index ? source::tracked_paths(*index) : std::nullopt;
  std::set<std::string> tracked;
  if (!paths) return tracked;
  const std::string inside = top == workspace.folder ? "" : workspace.folder.substr(top.size() + 1) + "/";
  for (const std::string& path : *paths)
    if (path.starts_with(inside)) tracked.insert(path.substr(inside.size()));
  return tracked;
}

std::string without_suffix(const std::string& path) {
  const size_t dot = path.rfind('.');
  const size_t slash = path.rfind('/');
  return dot == std::string::npos || (slash != std::string::npos && dot < slash) ? path : path.substr(0, dot);
}

bool is_companion(const std::string& path) {
  return std::any_of(companion_suffixes.begin(), companion_suffixes.end(),
                     [&](const char* suffix) { return path.ends_with(suffix); });
}

std::vector<std::string> left_by_compilers(const Plan& plan, Os& os, const source::Walk& walk) {
  std::vector<std::string> found;
  std::set<std::string> stems;
  for (const source::Seen& seen : walk.seen)
    if (seen.is_object) {
      found.push_back(seen.entry.path);
      stems.insert(without_suffix(seen.entry.path));
    }
  if (found.empty()) return found;
  for (const source::Seen& seen : walk.seen)
    if (!seen.is_object && is_companion(seen.entry.path) && stems.count(without_suffix(seen.entry.path)) > 0)
      found.push_back(seen.entry.path);
  const std::set<std::string> kept = tracked(os, plan.workspace);
  std::erase_if(found, [&](const std::string& path) { return kept.count(path) > 0; });
  return found;
}

/// The status files, and those that they name and that are there.
std::vector<std::string> left_by_configure(const Plan& plan, Os& os, const source::Walk& walk) {
  std::vector<std::string> found;
  const Globs statuses(plan.recipe.blind.configured.status);
  for (const source::Seen& seen : walk.seen) {
    const std::string& path = seen.entry.path;
    if (seen.entry.kind != source::Kind::file || !statuses.match(path)) continue;
    found.push_back(path);
    const std::string folder = path.substr(0, path.size() - file_name(path).size());
    const auto text = source_text(os, walk.folder + "/" + path);
    for (const std::string& made : text ? made_by_status(*text) : std::vector<std::string>()) {
      const source::Seen* there = find_seen(walk, folder + made);
      if (there != nullptr && there->entry.kind == source::Kind::file) found.push_back(there->entry.path);
    }
  }
  return found;
}

}  // namespace

std::vector<std::string> leftovers(const Plan& plan, Os& os, const source::Walk& walk) {
  const bool is_configured = !plan.recipe.blind.configured.status.empty();
  std::vector<std::string> found;
  if (is_configured) found = left_by_configure(plan, os, walk);
  if (is_configured || plan.recipe.output.empty())
    for (std::string& path : left_by_compilers(plan, os, walk)) found.push_back(std::move(path));
  std::erase_if(found, [&](const std::string& path) {
    return source::is_gits_own(path) || matches_any(plan.project.show, path);
  });
  return found;
}

std::vector<std::string> made_by_status(std::string_view text) {
  std::vector<std::string> made;
  for (const std::string_view list : {"\nconfig_files=\"", "\nconfig_headers=\"", "\nconfig_links=\""}) {
    const size_t found = text.find(list);
    if (found == std::string_view::npos) continue;
    const std::string_view rest = text.substr(found + list.size());
    std::string names(rest.substr(0, rest.find('"')));
    std::replace(names.begin(), names.end(), '\n', ' ');
    for (const std::string& name : split(names, ' '))
      if (!name.empty()) made.push_back(name.substr(0, name.find(':')));
  }
  return made;
}

}  // namespace larder::builds
