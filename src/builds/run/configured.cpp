#include "builds/run/configured.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "builds/run/source_text.hpp"

namespace larder::builds {
namespace {

/// Whether one of the files that configure compiles something of the project's. One that cannot be read may do so.
bool has_probes(Os& os, const Plan& plan, const source::Entries& entries) {
  const config::Configured& configured = plan.recipe.blind.configured;
  return std::any_of(entries.begin(), entries.end(), [&](const source::Entry& entry) {
    if (entry.kind != source::Kind::file || !matches_any(configured.by, entry.path)) return false;
    const auto text = source_text(os, plan.workspace.folder + "/" + entry.path);
    return !text || has_one_of(*text, configured.probes);
  });
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
  return std::any_of(difference.changed.begin(), difference.changed.end(), configures) ||
         std::any_of(difference.added.begin(), difference.added.end(), may_be_looked_for) ||
         std::any_of(difference.removed.begin(), difference.removed.end(), may_be_looked_for) ||
         (std::any_of(difference.changed.begin(), difference.changed.end(), may_be_looked_for) &&
          has_probes(os, plan, entries));
}

bool knows_no_results(const config::Recipe& recipe) {
  return !recipe.blind.said && recipe.results_from == config::ResultSource::content && !recipe.output.empty();
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

Result<std::vector<std::string>> configuration_in(const store::MergedTree& volume, const Plan& plan) {
  std::vector<std::string> files;
  TRY(volume.walk([&](const store::MergedEntry& entry) -> Status {
    if (!S_ISDIR(entry.status.st_mode) && matches_any(plan.recipe.blind.configured.cache, entry.path))
      files.push_back(entry.path);
    return {};
  }));
  return files;
}

}  // namespace larder::builds
