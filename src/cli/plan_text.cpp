#include "cli/plan_text.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "builds/plan/git_passwords.hpp"
#include "builds/plan/named_servers.hpp"
#include "builds/plan/rust.hpp"
#include "builds/plan/tool_files.hpp"
#include "cli/consent.hpp"

namespace larder::cli {
namespace {

std::string quoted(const config::Command& command) {
  std::vector<std::string> words;
  for (const std::string& word : command) words.push_back(shell_quote(word));
  return join(words, " ");
}

std::vector<std::string> names_of(const config::Environment& variables) {
  std::vector<std::string> names;
  for (const auto& [name, value] : variables) names.push_back(name);
  return names;
}

/// What the fetch sees of the user's own, by names.
std::vector<std::string> seen_of_user(const builds::Plan& plan) {
  const config::UserSettings& user = plan.recipe.settings.user;
  if (plan.fetch.empty() || user.home.empty()) return {};
  if (plan.kept_back.all) return {};
  std::vector<std::string> seen = builds::seen_by_fetch(user);
  std::erase_if(seen, [&](const std::string& name) { return builds::is_kept_back(plan, name); });
  for (const builds::GitPasswords& one : builds::git_passwords()) seen.push_back(one.path);
  return seen;
}

/// Without the caller's own variables, which may be secret.
config::Environment told(const config::Environment& variables, const config::Environment& passed) {
  config::Environment rest = variables;
  for (const auto& [name, value] : passed) rest.erase(name);
  return rest;
}

/// Who has decided for zig's compilers.
std::string why_zig(const builds::Plan& plan, const builds::TargetPlan& planned) {
  const auto own = plan.project.of_target.find(planned.target.name);
  if (own != plan.project.of_target.end() && own->second.toolchain == "zig")
    return fmt::format("zig's, by [target.{}] of larder.toml", planned.target.name);
  if (!planned.target.glibc.empty()) return fmt::format("zig's, for glibc {}", planned.target.glibc);
  return fmt::format("zig's: Debian has none of C++ for it, and the project has C++ ({})", printable(plan.cxx));
}

}  // namespace

std::string describe(const builds::Plan& plan) {
  std::vector<std::vector<std::string>> rows = {{"project", plan.workspace.project},
                                                {"folder", plan.workspace.folder},
                                                {"recipe", plan.recipe.title},
                                                {"profile", plan.profile},
                                                {"engine", plan.engine.name() + ": " + plan.engine.reason}};
  for (const Bind& shown : plan.workspace.around) rows.push_back({"shown", shown.source + " at " + shown.path});
  for (const std::string& note : {plan.recipe_note, plan.engine.note})
    if (!note.empty()) rows.push_back({"note", note});
  for (const std::string& note : plan.notes) rows.push_back({"note", note});
  for (const builds::AskedLine& line : plan.consent.lines)
    rows.push_back({"asked", line.text + "   (" + verdict(plan.consent, line) + ")"});
  for (const std::string& note : plan.caller_notes) rows.push_back({"note", note});
  if (!plan.passed.empty()) rows.push_back({"variables", join(names_of(plan.passed), ", ") + "   (your own)"});
  if (!plan.fetch.empty()) rows.push_back({"fetch", quoted(plan.fetch) + "   (network on, once for all targets)"});
  const auto seen = seen_of_user(plan);
  if (!seen.empty()) rows.push_back({"", "sees of yours: " + join(seen, ", ")});
  for (const builds::TargetPlan& planned : plan.targets) {
    rows.push_back({});
    rows.push_back({planned.target.name, planned.target.triple});
    const std::string digest = planned.image.digest.empty() ? "not here yet" : planned.image.digest.substr(0, 19);
    rows.push_back({"  image", planned.image.name + " " + digest});
    const std::string rust = builds::pinned_rust(plan, planned.image);
    rows.push_back({"  toolchain", planned.image.toolchain + (rust.empty() ? "" : ": " + rust)});
    if (planned.target.toolchain == config::Toolchain::zig) rows.push_back({"  compilers", why_zig(plan, planned)});
    for (const store::VolumeSpec& volume : planned.downloads)
      rows.push_back({"  volume", volume.key.name() + " at " + volume.mount_path});
    rows.push_back({"  volume", planned.compiled.key.name() + " at " + planned.compiled.mount_path});
    for (const config::BuildFile& file : planned.files) rows.push_back({"  file", file.path});
    if (!planned.fetch.empty())
      rows.push_back({"  fetch", quoted(planned.fetch) + "   (network on, where the project names what downloads)"});
    for (const config::Command& command : planned.build)
      rows.push_back({"  build", quoted(command) + (plan.project.network ? "   (network on)" : "   (network off)")});
    rows.push_back({"  result", planned.output_folder});
  }
  return format_table(rows);
}

nlohmann::json to_json(const builds::Plan& plan) {
  nlohmann::json data = {
      {"project", plan.workspace.project}, {"folder", plan.workspace.folder},  {"recipe", plan.recipe.name},
      {"profile", plan.profile},           {"engine", plan.engine.name()},     {"fetch", plan.fetch},
      {"passed", names_of(plan.passed)},   {"consent", to_json(plan.consent)}, {"targets", nlohmann::json::array()}};
  for (const builds::TargetPlan& planned : plan.targets) {
    nlohmann::json volumes = nlohmann::json::array();
    const auto add = [&](const store::VolumeSpec& spec) {
      volumes.push_back(
          {{"name", spec.key.name()}, {"path", spec.mount_path}, {"class", to_string(spec.volume_class)}});
    };
    for (const store::VolumeSpec& spec : planned.downloads) add(spec);
    add(planned.compiled);
    nlohmann::json files = nlohmann::json::array();
    for (const config::BuildFile& file : planned.files) files.push_back(file.path);
    data["targets"].push_back({{"target", planned.target.name},
                               {"triple", planned.target.triple},
                               {"image", planned.image.name},
                               {"digest", planned.image.digest},
                               {"volumes", volumes},
                               {"files", files},
                               {"fetch", planned.fetch},
                               {"build", planned.build},
                               {"env", told(planned.build_env, plan.passed)},
                               {"output", planned.output_folder}});
  }
  return data;
}

}  // namespace larder::cli
