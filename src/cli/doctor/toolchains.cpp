#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/text.hpp"
#include "cli/doctor/checks.hpp"
#include "image/host.hpp"

namespace larder::cli {
namespace {

using image::CheckedNeed;
using Words = std::vector<std::string>;

/// As a plan has them, so that every recipe's needs can be expanded.
config::Placeholders placeholders_for(const config::Target& target) {
  config::Placeholders values = config::target_placeholders(target);
  values["profile"] = "release";
  values["profile_dir"] = "release";
  values["output"] = "target";
  values["project"] = "project";
  values["jobs"] = std::to_string(std::max(1U, std::thread::hardware_concurrency()));
  return values;
}

bool is_wanted(const config::Target& target, const config::Project& project) {
  if (project.targets.empty()) return target.in_all;
  return contains(project.targets, target.name);
}

}  // namespace

Check judge_toolchain(const std::string& target, const std::vector<CheckedNeed>& needs, const image::AptFacts& apt,
                      Weight weight) {
  const Words missing = image::missing_of(needs);
  if (missing.empty()) return {Mark::good, target, "ready", ""};
  std::string command = image::install_command(needs, apt);
  if (weight == Weight::optional)
    return {Mark::note, target, command.empty() ? "not installed; no package is known" : "not installed: " + command,
            ""};
  if (command.empty()) command = "no package is known; targets.toml and the recipe say what is looked for";
  return {Mark::failed, target, "missing: " + join_words(missing), command};
}

Result<Toolchains> examine_toolchains(const config::Recipe& recipe, const config::TargetTable& targets,
                                      const config::Project& project, const std::string& folder, Weight weight) {
  Toolchains toolchains{{recipe.title, {}}, {}, {}};
  TRY_ASSIGN(const config::Target machine, targets.native());
  const image::AptFacts apt = image::apt_facts(machine);
  std::vector<Check> optional;
  for (const config::Target& listed : targets.all()) {
    const config::Target target = config::with_own_tools(listed, project);
    const auto checked = image::check_needs(recipe, target, machine, placeholders_for(target), folder);
    if (!checked) {  // a toolchain is pinned that is not there, for all targets alike
      const Error& error = checked.error();
      toolchains.section.checks.push_back({Mark::failed, "toolchain", error.message + ": " + error.cause, error.hint});
      return toolchains;
    }
    const std::vector<CheckedNeed>& needs = *checked;
    if (!is_wanted(target, project)) {
      optional.push_back(judge_toolchain(target.name, needs, apt, Weight::optional));
      continue;
    }
    toolchains.section.checks.push_back(judge_toolchain(target.name, needs, apt, weight));
    (image::missing_of(needs).empty() ? toolchains.ready : toolchains.lacking).push_back(target.name);
  }
  toolchains.section.checks.insert(toolchains.section.checks.end(), optional.begin(), optional.end());
  return toolchains;
}

}  // namespace larder::cli
