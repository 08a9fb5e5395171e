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

/// What sources name by strings.
struct Named {
  Names parts;  ///< of paths: a file is meant by its own name, and by those of the folders that it lies in
  Names words;  ///< that may be a file's own name
};

/// Whether a string of a source may be a path: by its look, or as a macro's or an attribute's argument.
bool may_be_path(std::string_view line, size_t quote, std::string_view string) {
  const bool is_argument = quote >= 2 && line.substr(quote - 2, 2) == "!(";
  return is_argument || string.find('/') != std::string_view::npos || trim(line).starts_with("#[");
}

void add_parts(std::string_view string, Names& names) {
  for (const std::string& part : split(string.substr(string.find('=') + 1), '/'))
    if (part.size() > 1 && part != ".." && part.find_first_of("{}$") == std::string::npos) names.insert(part);
}

void add_string(std::string_view line, size_t quote, std::string_view string, Named& named) {
  if (string.empty() || string.find_first_of(" \t<>") != std::string_view::npos) return;
  named.words.emplace(string);
  if (may_be_path(line, quote, string)) add_parts(string, named.parts);
}

/// Strings end on their line: the few that do not are no paths.
void add_strings(const std::string& text, Named& named) {
  for (const std::string& line : split(text, '\n'))
    for (size_t quote = line.find('"'); quote != std::string::npos;) {
      const size_t end = line.find('"', quote + 1);
      if (end == std::string::npos) break;
      add_string(line, quote, std::string_view(line).substr(quote + 1, end - quote - 1), named);
      quote = line.find('"', end + 1);
    }
}

Named named_by_sources(Os& os, const Plan& plan, const source::Entries& entries) {
  const config::Embedded& embedded = plan.recipe.blind.embedded;
  Named named;
  named.parts.insert(embedded.folders.begin(), embedded.folders.end());
  for (const source::Entry& entry : entries) {
    if (entry.kind != source::Kind::file || !matches_any(embedded.sources, entry.path)) continue;
    const auto text = source_text(os, plan.workspace.folder + "/" + entry.path);
    if (text) add_strings(*text, named);
  }
  NamedFiles strings;
  for (const std::string& name : named.parts) strings.add(name);
  for (const Script& script : named_scripts(os, plan, entries, strings))
    for (const std::string_view word : words_of(script.text)) add_parts(word, named.parts);
  return named;
}

bool is_named(const std::string& path, const Named& named) {
  const std::vector<std::string> parts = split(path, '/');
  return named.words.contains(parts.back()) ||
         std::any_of(parts.begin(), parts.end(), [&](const std::string& part) { return named.parts.contains(part); });
}

/// What differs, but for sources that were there before: they are compiled, if anything, so that the tool knows them.
/// Nothing else needs to be read after an ordinary edit.
std::vector<std::string> others(const Plan& plan, const source::Difference& difference) {
  std::vector<std::string> paths = difference.changed;
  std::erase_if(paths, [&](const std::string& path) { return matches_any(plan.recipe.blind.embedded.sources, path); });
  for (const auto* some : {&difference.added, &difference.removed})
    paths.insert(paths.end(), some->begin(), some->end());
  return paths;
}

}  // namespace

Result<bool> may_be_embedded(Os& os, const Plan& plan, const source::Entries& entries,
                             const source::Difference& difference, const VolumeReader& volume) {
  if (plan.recipe.blind.embedded.sources.empty()) return false;
  std::vector<std::string> paths = others(plan, difference);
  if (paths.empty()) return false;
  const Named named = named_by_sources(os, plan, entries);
  std::erase_if(paths, [&](const std::string& path) { return !is_named(path, named); });
  if (paths.empty()) return false;
  TRY_ASSIGN(const NamedFiles notes, volume.notes());
  return std::any_of(paths.begin(), paths.end(), [&](const std::string& path) { return !notes.have(path); });
}

}  // namespace larder::builds
