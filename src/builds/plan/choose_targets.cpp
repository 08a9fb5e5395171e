#include "builds/plan/choose_targets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace larder::builds {

Result<std::vector<config::Target>> choose_targets(const config::TargetTable& table, const config::Project& project,
                                                   const std::vector<std::string>& named, bool all,
                                                   const std::vector<std::string>& defaults) {
  std::vector<std::string> names = named.empty() ? project.targets : named;
  if (names.empty() && !all) names = defaults;
  if (all && project.targets.empty())
    for (const config::Target& target : table.all())
      if (target.in_all) names.push_back(target.name);
  if (all && !project.targets.empty()) names = project.targets;
  std::vector<config::Target> targets;
  for (const std::string& name : names) {
    auto found = table.find(name);
    if (!found && name == "all") found.error().hint = "every target: `--all`";
    TRY_ASSIGN(config::Target target, std::move(found));
    const bool known = std::any_of(targets.begin(), targets.end(),
                                   [&](const config::Target& other) { return other.name == target.name; });
    if (!known) targets.push_back(std::move(target));
  }
  if (targets.empty()) {
    TRY_ASSIGN(config::Target native, table.native());
    targets.push_back(std::move(native));
  }
  return targets;
}

Result<std::vector<std::string>> default_targets(const config::TargetTable& table, const Plan& plan) {
  std::vector<std::string> names;
  const std::string& key = plan.recipe.settings.target_key;
  for (const std::string& triple : config::project_setting(plan.settings, key)) {
    const auto found = table.find(triple);
    if (!found)
      return fail(ErrorCode::usage,
                  fmt::format("the project's {} says {} = \"{}\", which is no target here",
                              plan.recipe.settings.project_files.front(), key, printable(triple)),
                  {}, "name a target: `larder build x64`; targets.toml in ~/.config/larder can have more of them");
    names.push_back(found->name);
  }
  return names;
}

}  // namespace larder::builds
