#include "builds/run/includes.hpp"

#include <set>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "builds/run/source_text.hpp"

namespace larder::builds {
namespace {

/// Names of new files: those that sources may include, and others, for which a source can only ask whether they are
/// there.
struct NewNames {
  std::set<std::string> included;
  std::set<std::string> others;

  bool empty() const { return included.empty() && others.empty(); }
};

/// The first of the names that stands in the text; nullptr: none does.
const std::string* first_named(const NewNames& names, const std::string& text) {
  for (const std::string& name : names.included)
    if (text.find(name) != std::string::npos) return &name;
  if (names.others.empty() || text.find("__has_include") == std::string::npos) return nullptr;
  for (const std::string& name : names.others)
    if (text.find(name) != std::string::npos) return &name;
  return nullptr;
}

}  // namespace

std::string new_file_that_is_named(Os& os, const Plan& plan, const source::Entries& entries,
                                   const source::Difference& difference, const FilesAround& around) {
  const std::vector<std::string>& patterns = plan.recipe.blind.includes;
  NewNames names;
  for (const std::string& path : difference.added)
    if (!matches_any(plan.recipe.blind.documents, path))
      (matches_any(patterns, path) ? names.included : names.others).emplace(file_name(path));
  for (const std::string& path : around.added) names.included.emplace(file_name(path));
  if (names.empty() || patterns.empty()) return {};
  std::set<std::string> others(difference.added.begin(), difference.added.end());
  others.insert(difference.changed.begin(), difference.changed.end());
  std::vector<std::string> unchanged = around.unchanged;
  for (const source::Entry& entry : entries)
    if (entry.kind == source::Kind::file && others.count(entry.path) == 0 && matches_any(patterns, entry.path))
      unchanged.push_back(plan.workspace.folder + "/" + entry.path);
  for (const std::string& path : unchanged) {
    const auto text = source_text(os, path);
    const std::string* name = text                     ? first_named(names, *text)
                              : names.included.empty() ? nullptr
                                                       : &*names.included.begin();
    if (name == nullptr) continue;
    const std::string& folder = plan.workspace.folder;
    const std::string shown = source::is_below(path, folder) ? path.substr(folder.size() + 1) : path;
    return *name + " is new, and " + shown + " may have meant another file by that name";
  }
  return {};
}

}  // namespace larder::builds
