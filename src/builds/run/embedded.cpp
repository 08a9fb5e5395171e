#include "builds/run/embedded.hpp"

#include <algorithm>
#include <set>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "builds/run/scripts.hpp"
#include "builds/run/source_text.hpp"

namespace larder::builds {
namespace {

using Names = std::set<std::string, std::less<>>;

/// Whether a string of a source may be a path: by its look, or as a macro's or an attribute's argument.
bool may_be_path(std::string_view line, size_t quote, std::string_view string) {
  if (string.empty() || string.find_first_of(" \t<>") != std::string_view::npos) return false;
  const bool is_argument = quote >= 2 && line.substr(quote - 2, 2) == "!(";
  return is_argument || string.find('/') != std::string_view::npos || trim(line).starts_with("#[");
}

void add_names(std::string_view string, Names& names) {
  for (const std::string& part : split(string.substr(string.find('=') + 1), '/'))
    if (part.size() > 1 && part != ".." && part.find_first_of("{}$") == std::string::npos) names.insert(part);
}

/// Strings end on their line: the few that do not are no paths.
void add_strings(const std::string& text, Names& names) {
  for (const std::string& line : split(text, '\n'))
    for (size_t quote = line.find('"'); quote != std::string::npos;) {
      const size_t end = line.find('"', quote + 1);
      if (end == std::string::npos) break;
      const std::string_view string = std::string_view(line).substr(quote + 1, end - quote - 1);
      if (may_be_path(line, quote, string)) add_names(string, names);
      quote = line.find('"', end + 1);
    }
}

Names named_by_sources(Os& os, const Plan& plan, const source::Entries& entries) {
  const config::Embedded& embedded = plan.recipe.blind.embedded;
  Names names(embedded.folders.begin(), embedded.folders.end());
  for (const source::Entry& entry : entries) {
    if (entry.kind != source::Kind::file || !matches_any(embedded.sources, entry.path)) continue;
    const auto text = source_text(os, plan.workspace.folder + "/" + entry.path);
    if (text) add_strings(*text, names);
  }
  NamedFiles strings;
  for (const std::string& name : names) strings.add(name);
  for (const Script& script : named_scripts(os, plan, entries, strings))
    for (const std::string_view word : words_of(script.text)) add_names(word, names);
  return names;
}

bool has_named_part(const std::string& path, const Names& names) {
  const std::vector<std::string> parts = split(path, '/');
  return std::any_of(parts.begin(), parts.end(), [&](const std::string& part) { return names.count(part) > 0; });
}

/// What the tool compiles, or reads itself, it knows.
std::vector<std::string> others(const Plan& plan, const source::Difference& difference) {
  const config::BlindSpots& blind = plan.recipe.blind;
  std::vector<std::string> paths;
  for (const auto* some : {&difference.changed, &difference.added, &difference.removed})
    for (const std::string& path : *some)
      if (!matches_any(blind.embedded.sources, path) && !matches_any(blind.documents, path)) paths.push_back(path);
  return paths;
}

}  // namespace

Result<bool> may_be_embedded(Os& os, const Plan& plan, const source::Entries& entries,
                             const source::Difference& difference, const VolumeReader& volume) {
  if (plan.recipe.blind.embedded.sources.empty()) return false;
  std::vector<std::string> paths = others(plan, difference);
  if (paths.empty()) return false;
  const Names names = named_by_sources(os, plan, entries);
  std::erase_if(paths, [&](const std::string& path) { return !has_named_part(path, names); });
  if (paths.empty()) return false;
  TRY_ASSIGN(const NamedFiles notes, volume.notes());
  return std::any_of(paths.begin(), paths.end(), [&](const std::string& path) { return !notes.have(path); });
}

}  // namespace larder::builds
