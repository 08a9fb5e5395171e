#include "builds/run/configured.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "builds/run/asks_git.hpp"
#include "builds/run/named_files.hpp"
#include "builds/run/source_text.hpp"

namespace larder::builds {
namespace {

/// What the files that configure, and the user's arguments, say of other files.
struct Said {
  bool may_read_any = false;  ///< one compiles something of the project's, or cannot be read
  NamedFiles named;           ///< anywhere
  NamedFiles read;            ///< by a command that reads files
};

void add_reads(const std::string& text, const std::vector<std::string>& commands, NamedFiles& read) {
  for (const std::string& command : commands)
    for (size_t at = text.find(command); at != std::string::npos; at = text.find(command, at + 1))
      read.add(std::string_view(text).substr(at, text.find(')', at) - at));
}

Said said_by_files(Os& os, const Plan& plan, const source::Entries& entries) {
  const config::Configured& configured = plan.recipe.blind.configured;
  Said said;
  for (const std::string& argument : plan.args) said.named.add(argument);
  for (const source::Entry& entry : entries) {
    if (entry.kind != source::Kind::file || !matches_any(configured.by, entry.path)) continue;
    const auto text = source_text(os, plan.workspace.folder + "/" + entry.path);
    if (!text || has_one_of(*text, configured.probes)) said.may_read_any = true;
    if (!text) continue;
    said.named.add(*text);
    add_reads(*text, configured.reads, said.read);
  }
  return said;
}

/// Sources are named so that they are compiled, and documents so that they are installed; what else is named may be
/// read.
bool may_read(const Plan& plan, const Said& said, const std::string& path) {
  if (said.read.have(path)) return true;
  if (matches_any(plan.recipe.blind.documents, path)) return false;
  return said.may_read_any || (said.named.have(path) && !matches_any(plan.recipe.blind.includes, path));
}

/// The last parts of the paths of the project's files that match.
std::set<std::string, std::less<>> source_names(const source::Entries& entries,
                                                const std::vector<std::string>& patterns) {
  std::set<std::string, std::less<>> names;
  for (const source::Entry& entry : entries)
    if (entry.kind == source::Kind::file && matches_any(patterns, entry.path)) names.emplace(file_name(entry.path));
  return names;
}

}  // namespace

bool may_configure_otherwise(Os& os, const Plan& plan, const source::Entries& entries,
                             const source::Difference& difference) {
  const config::BlindSpots& blind = plan.recipe.blind;
  if (blind.configured.by.empty() || difference.count() == 0) return false;
  const auto configures = [&](const std::string& path) { return matches_any(blind.configured.by, path); };
  const auto may_be_looked_for = [&](const std::string& path) {
    return configures(path) || !matches_any(blind.documents, path);
  };
  if (std::any_of(difference.changed.begin(), difference.changed.end(), configures) ||
      std::any_of(difference.added.begin(), difference.added.end(), may_be_looked_for) ||
      std::any_of(difference.removed.begin(), difference.removed.end(), may_be_looked_for))
    return true;
  if (difference.changed.empty()) return false;
  const Said said = said_by_files(os, plan, entries);
  return std::any_of(difference.changed.begin(), difference.changed.end(),
                     [&](const std::string& path) { return may_read(plan, said, path); });
}

bool asks_git_to_configure(Os& os, const Plan& plan, const source::Entries& entries) {
  const config::BlindSpots& blind = plan.recipe.blind;
  return !blind.configured.by.empty() && !file_that_asks_git(os, plan, entries, blind.asks_git).empty();
}

bool knows_no_results(const config::Recipe& recipe) {
  const config::BlindSpots& blind = recipe.blind;
  return blind.notes.empty() && blind.rules.empty() && blind.includes.empty() &&
         recipe.results_from == config::ResultSource::content && !recipe.output.empty();
}

Result<std::string> wanted_in(const store::MergedTree& volume, const ResultRules& rules) {
  std::string found;
  TRY(volume.walk([&](const store::MergedEntry& entry) -> Status {
    if (found.empty() && !S_ISDIR(entry.status.st_mode) && matches_any(rules.wanted, entry.path)) found = entry.path;
    return {};
  }));
  return found;
}

Result<std::vector<std::string>> results_in(const store::MergedTree& volume, const ResultRules& rules) {
  std::vector<std::string> files;
  TRY(volume.walk([&](const store::MergedEntry& entry) -> Status {
    const bool is_one = matches_any(rules.include, entry.path) && !matches_any(rules.exclude, entry.path);
    if (!S_ISDIR(entry.status.st_mode) && is_one) files.push_back(entry.path);
    return {};
  }));
  return files;
}

Result<std::vector<std::string>> configuration_in(const store::MergedTree& volume, const Plan& plan,
                                                  const source::Entries& entries) {
  const config::BlindSpots& blind = plan.recipe.blind;
  const auto names = source_names(entries, blind.includes);
  const std::string output = plan.recipe.output + "/";
  const auto may_hide_a_source = [&](const std::string& path) {
    return path.starts_with(output) && names.contains(file_name(path)) && !matches_any(blind.configured.kept, path);
  };
  std::vector<std::string> files;
  TRY(volume.walk([&](const store::MergedEntry& entry) -> Status {
    const bool goes = matches_any(blind.configured.cache, entry.path) || may_hide_a_source(entry.path);
    if (!S_ISDIR(entry.status.st_mode) && goes) files.push_back(entry.path);
    return {};
  }));
  return files;
}

}  // namespace larder::builds
