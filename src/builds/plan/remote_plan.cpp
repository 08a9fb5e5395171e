#include "builds/plan/remote_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/environment.hpp"
#include "base/text.hpp"
#include "config/user_config.hpp"
#include "share/signing.hpp"

namespace larder::builds {
namespace {

/// The first of these that says anything.
std::string first_of(const std::vector<std::string>& said) {
  const auto found = std::find_if(said.begin(), said.end(), [](const std::string& one) { return !one.empty(); });
  return found == said.end() ? "" : *found;
}

PullPolicy pull_policy(const std::string& word) {
  return word == "newer" ? PullPolicy::newer : word == "never" ? PullPolicy::never : PullPolicy::missing;
}

PushPolicy push_policy(const std::string& word) {
  return word == "success"          ? PushPolicy::success
         : word == "default-branch" ? PushPolicy::default_branch
                                    : PushPolicy::never;
}

/// A system that says what has set off a run, and whether its branch is protected.
struct CiSystem {
  const char* event;
  const char* is_protected;
  std::array<std::string_view, 5> trusted_events;  ///< those of who may write to the branch
};

constexpr std::array ci_systems = {
    CiSystem{"GITHUB_EVENT_NAME", "GITHUB_REF_PROTECTED", {"push", "schedule", "workflow_dispatch"}},
    CiSystem{"CI_PIPELINE_SOURCE", "CI_COMMIT_REF_PROTECTED", {"push", "schedule", "web", "api", "trigger"}},
};

/// Of a CI system that says nothing only pushes are distrusted: what it builds is its own.
void distrust_in_ci(RemotePlan& plan) {
  for (const CiSystem& system : ci_systems) {
    const std::string event = environment(system.event);
    if (event.empty()) continue;
    const auto& trusted = system.trusted_events;
    if (std::find(trusted.begin(), trusted.end(), event) == trusted.end())
      plan.distrust = "the event " + printable(event) + " may be a stranger's";
    else if (environment(system.is_protected) != "true")
      plan.distrust = std::string(system.is_protected) + " is not true";
    plan.apart = !plan.distrust.empty();
    return;
  }
  plan.distrust = "CI is set, and nothing says what the run is for; LARDER_TRUST=trusted says that the code is yours";
}

Status distrust_caller(bool untrusted, RemotePlan& plan) {
  const std::string said = environment("LARDER_TRUST");
  if (!said.empty() && said != "trusted" && said != "untrusted")
    return fail(ErrorCode::usage, "LARDER_TRUST is '" + printable(said) + "'", {}, "`trusted` or `untrusted`");
  if (untrusted || said == "untrusted") {
    plan.distrust = untrusted ? "--untrusted" : "LARDER_TRUST is untrusted";
    plan.apart = true;
  } else if (said.empty() &&
             (is_ci() || environment("GITHUB_ACTIONS") == "true" || !environment("GITLAB_CI").empty())) {
    distrust_in_ci(plan);
  }
  return {};
}

}  // namespace

Result<RemotePlan> plan_remote(const RemoteRequest& request, const config::RemoteSettings& project,
                               const std::string& user_dir) {
  TRY_ASSIGN(const config::UserConfig loaded, config::load_user_config(user_dir));
  const config::RemoteSettings& user = loaded.remote;
  RemotePlan plan;
  plan.repository = first_of({environment("LARDER_REMOTE"), project.repository, user.repository});
  plan.is_projects = plan.repository == project.repository && !plan.repository.empty() &&
                     environment("LARDER_REMOTE").empty() && project.repository != user.repository;
  plan.pull = pull_policy(first_of({request.pull, project.pull, user.pull}));
  plan.push = push_policy(first_of({request.push, project.push, user.push}));
  plan.public_keys = user.public_keys;
  for (const std::string& key : project.public_keys)
    if (!contains(plan.public_keys, key)) plan.public_keys.push_back(key);
  plan.key_file = user.key;
  if (plan.key_file.starts_with("~/")) plan.key_file = environment("HOME") + plan.key_file.substr(1);
  plan.max_age_seconds = user.max_age_seconds.value_or(share::Signing::default_max_age_seconds);
  TRY(distrust_caller(request.untrusted, plan));
  for (const auto& [option, said] :
       {std::pair("--cache-pull", &request.pull), std::pair("--cache-push", &request.push)})
    if (!said->empty() && *said != "never" && plan.repository.empty())
      return fail(ErrorCode::usage, fmt::format("{} {}: no registry is known", option, *said), {},
                  "`remote = \"REGISTRY/REPO\"` in the table [cache] of config.toml, or LARDER_REMOTE");
  return plan;
}

Result<store::Trust> trust_of_caller() {
  RemotePlan plan;
  TRY(distrust_caller(false, plan));
  return plan.apart ? store::Trust::untrusted : store::Trust::trusted;
}

}  // namespace larder::builds
