#include "builds/run/scripts.hpp"

#include <algorithm>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "builds/run/source_text.hpp"

namespace larder::builds {
namespace {

/// Paths of entries that may be scripts; those without a known ending are only if they begin with `#!`.
std::vector<const source::Entry*> possible_scripts(const config::BlindSpots& blind, const source::Entries& entries) {
  const Globs changed(blind.changed);
  const Globs by_name(blind.scripts);
  std::vector<const source::Entry*> scripts;
  for (const source::Entry& entry : entries) {
    const bool may_be = entry.kind == source::Kind::file && ((entry.mode & 0111U) != 0 || by_name.match(entry.path));
    if (may_be && !changed.match(entry.path)) scripts.push_back(&entry);
  }
  return scripts;
}

/// Modules are imported as `tools.table`.
std::string with_dots_as_blanks(std::string text) {
  std::replace(text.begin(), text.end(), '.', ' ');
  return text;
}

}  // namespace

std::vector<Script> named_scripts(Os& os, const Plan& plan, const source::Entries& entries, const NamedFiles& named) {
  const config::BlindSpots& blind = plan.recipe.blind;
  std::vector<const source::Entry*> possible = possible_scripts(blind, entries);
  std::vector<Script> scripts;
  NamedFiles by_scripts;
  NamedFiles modules;
  const auto is_named = [&](const std::string& path) {
    return named.have(path) || by_scripts.have(path) || modules.have_stem_of(path);
  };
  for (bool more = true; more;) {
    more = false;
    for (const source::Entry*& entry : possible) {
      if (entry == nullptr || !is_named(entry->path)) continue;
      auto text = source_text(os, plan.workspace.folder + "/" + entry->path);
      const bool is_script = text && (text->starts_with("#!") || matches_any(blind.scripts, entry->path));
      if (is_script) {
        by_scripts.add(*text);
        modules.add(with_dots_as_blanks(*text));
        scripts.push_back({entry->path, std::move(*text)});
        more = true;
      }
      entry = nullptr;
    }
  }
  return scripts;
}

}  // namespace larder::builds
