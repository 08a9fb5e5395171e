#include "builds/run/embedded.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "builds/output/result_path.hpp"
#include "builds/run/asks_git.hpp"
#include "builds/run/packages.hpp"
#include "builds/run/scripts.hpp"
#include "builds/run/source_text.hpp"
#include "builds/run/strings.hpp"

namespace larder::builds {
namespace {

using Opened = std::function<bool(const std::string& path)>;
using Names = std::set<std::string, std::less<>>;

/// What sources name by strings.
struct Named {
  Names parts;          ///< of paths: a file is meant by its own name, and by those of the folders that it lies in
  Names words;          ///< that may be a file's own name
  NamedFiles commands;  ///< of build scripts, for a shell
  Names listed;         ///< folders that build scripts list, their own, relative to the project's
  std::set<std::string> scripts;  ///< build scripts that the tool's own files name
};

/// Whether a string of a source may be a path: by its look, or as an argument of a macro, an attribute, or what opens
/// files.
bool may_be_path(std::string_view before, std::string_view string) {
  static constexpr std::array calls = {"!(",    "join(", "push(",     "Path::new(",     "PathBuf::from(",
                                       "open(", "read(", "read_dir(", "read_to_string("};
  return string.find('/') != std::string_view::npos || trim(before).starts_with("#[") ||
         std::any_of(calls.begin(), calls.end(), [&](std::string_view call) { return before.ends_with(call); });
}

void add_parts(std::string_view string, Names& names) {
  for (const std::string& part : split(string.substr(string.find('=') + 1), '/'))
    if (part.size() > 1 && part != ".." && part.find_first_of("{}$") == std::string::npos) names.insert(part);
}

/// A string with blanks is no path; a build script may give it to a shell, where it is not what it says itself.
void add_string(std::string_view before, std::string_view string, bool is_scripts, Named& named) {
  if (string.find_first_of(" \t<>") == std::string_view::npos) {
    if (!string.empty()) named.words.emplace(string);
    if (is_scripts || may_be_path(before, string)) add_parts(string, named.parts);
  } else if (is_scripts && !before.ends_with("!(") && !before.ends_with("expect(")) {
    named.commands.add(string);
  }
}

/// What a line like `#include <list.h>` names.
void add_included(const std::string& line, Named& named) {
  const size_t open = line.find('<');
  const size_t close = line.find('>', open);
  if (!trim(line).starts_with("#") || close == std::string::npos) return;
  const std::string_view name = std::string_view(line).substr(open + 1, close - open - 1);
  named.words.emplace(name.substr(name.rfind('/') + 1));
}

/// Whether a build script lists its own folder: it reads a folder that no string names, and speaks of this one.
bool lists_own_folder(const std::string& text) {
  constexpr std::array roots = {"\".\"", "\"./\"", "CARGO_MANIFEST_DIR", "current_dir("};
  if (!std::any_of(roots.begin(), roots.end(), [&](const char* root) { return text.find(root) != std::string::npos; }))
    return false;
  for (const std::string_view call : {"read_dir(", "WalkDir::new(", "walk_dir("})
    for (size_t at = text.find(call); at != std::string::npos; at = text.find(call, at + 1)) {
      const std::string_view argument = std::string_view(text).substr(at + call.size());
      const std::string_view line = argument.substr(0, argument.find_first_of(";\n"));
      const size_t quote = line.find('"');
      if (quote == std::string_view::npos) return true;  // a variable that may lead there
      for (const char* own : {".\"", "./\"", "CARGO_MANIFEST_DIR\""})
        if (line.substr(quote + 1).starts_with(own)) return true;
    }
  return false;
}

/// Adds what one of the project's files names, if it is of a kind that names others: a source of the tool's own, of
/// which a build script means folders by bare names, too, or what build scripts have compiled, such as C.
void add_names_in(Os& os, const Plan& plan, const std::string& path, Named& named) {
  const config::BlindSpots& blind = plan.recipe.blind;
  const bool includes = matches_any(blind.includes, path);
  if (!includes && !matches_any(blind.embedded.sources, path)) return;
  const auto text = source_text(os, plan.workspace.folder + "/" + path);
  if (!text) return;
  const bool is_script = matches_any(blind.commit, path) || named.scripts.contains(path);
  if (is_script && lists_own_folder(*text)) named.listed.insert(folder_of(path));
  for (const std::string& line : split(*text, '\n')) {
    each_string(
        line, [&](std::string_view before, std::string_view string) { add_string(before, string, is_script, named); });
    if (includes) add_included(line, named);
  }
}

Named named_by_sources(Os& os, const Plan& plan, const source::Entries& entries) {
  const config::Embedded& embedded = plan.recipe.blind.embedded;
  Named named;
  named.parts.insert(embedded.folders.begin(), embedded.folders.end());
  named.scripts = scripts_of_tool(os, plan, entries);
  for (const source::Entry& entry : entries)
    if (entry.kind == source::Kind::file) add_names_in(os, plan, entry.path, named);
  NamedFiles strings;
  for (const std::string& name : named.parts) strings.add(name);
  for (const Script& script : named_scripts(os, plan, entries, strings))
    for (const std::string_view word : words_of(script.text)) add_parts(word, named.parts);
  return named;
}

bool is_named(const std::string& path, const Named& named) {
  const std::vector<std::string> parts = split(path, '/');
  return named.words.contains(parts.back()) || named.commands.have(path) || named.listed.contains(folder_of(path)) ||
         std::any_of(parts.begin(), parts.end(), [&](const std::string& part) { return named.parts.contains(part); });
}

/// What differs, but for sources that were there before and that nobody has opened: the others are compiled, if
/// anything, so that the tool's notes name them.
std::vector<std::string> others(const Plan& plan, const source::Difference& difference, const Opened& was_opened) {
  std::vector<std::string> paths = difference.changed;
  std::erase_if(paths, [&](const std::string& path) {
    return matches_any(plan.recipe.blind.embedded.sources, path) && !was_opened(path);
  });
  for (const auto* some : {&difference.added, &difference.removed})
    paths.insert(paths.end(), some->begin(), some->end());
  return paths;
}

/// The other place of a Rust module: src/a.rs or src/a/mod.rs. rustc refuses to find both (E0761), and notes one.
std::string other_module_file(const std::string& path) {
  constexpr std::string_view in_folder = "/mod.rs";
  constexpr std::string_view ending = ".rs";
  if (path.ends_with(in_folder)) return path.substr(0, path.size() - in_folder.size()).append(ending);
  if (path.ends_with(ending)) return path.substr(0, path.size() - ending.size()).append(in_folder);
  return {};
}

/// Whether it is neither a source nor a text for people.
bool may_be_data(const config::BlindSpots& blind, const std::string& path) {
  return !matches_any(blind.embedded.sources, path) && !matches_any(blind.documents, path);
}

}  // namespace

bool a_macro_reads(Os& os, const Plan& plan, const source::Entries& entries) {
  const config::Embedded& embedded = plan.recipe.blind.embedded;
  if (embedded.macro_key.empty()) return false;
  std::set<std::string> macros;
  for (const Package& package : packages_of(os, plan, entries))
    if (package.is_macro) macros.insert(package.folder);
  if (macros.empty()) return false;
  return std::any_of(entries.begin(), entries.end(), [&](const source::Entry& entry) {
    if (entry.kind != source::Kind::file || !matches_any(embedded.sources, entry.path)) return false;
    const auto folder = package_folder(plan, entries, entry.path);
    if (!folder || !macros.contains(*folder)) return false;
    const auto text = source_text(os, plan.workspace.folder + "/" + entry.path);
    return !text || has_one_of(*text, embedded.reading_words);
  });
}

Result<bool> may_be_embedded(Os& os, const Plan& plan, const source::Entries& entries,
                             const source::Difference& difference, const std::vector<std::string>& opened,
                             const VolumeReader& volume) {
  const config::BlindSpots& blind = plan.recipe.blind;
  if (blind.embedded.sources.empty()) return false;
  const auto was_opened = [&](const std::string& path) {
    return !path.empty() && std::binary_search(opened.begin(), opened.end(), path);
  };
  std::vector<std::string> paths = others(plan, difference, was_opened);
  if (paths.empty()) return false;
  const auto is_read_data = [&](const std::string& path) {
    std::string at = path;
    while (!at.empty() && !was_opened(at)) at = folder_of(at);  // a folder that is new lies in one that was listed
    return !at.empty() && may_be_data(blind, path);
  };
  if (std::any_of(paths.begin(), paths.end(), is_read_data) && a_macro_reads(os, plan, entries)) return true;
  TRY_ASSIGN(const NotedFiles notes, volume.notes());
  std::erase_if(paths, [&](const std::string& path) { return notes.have(path); });
  if (paths.empty()) return false;  // an ordinary edit
  const Named named = named_by_sources(os, plan, entries);
  const std::set<std::string> changed(difference.changed.begin(), difference.changed.end());
  return std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
    const bool was_there = changed.contains(path);
    const bool is_source = matches_any(blind.embedded.sources, path);
    const bool is_read = is_source ? was_there && was_opened(path)
                                   : !matches_any(blind.known, path) &&
                                         (was_opened(path) || (!was_there && was_opened(folder_of(path))));
    return is_read || is_named(path, named) || notes.have(other_module_file(path));
  });
}

}  // namespace larder::builds
