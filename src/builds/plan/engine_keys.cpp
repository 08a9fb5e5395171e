#include "builds/plan/engine_keys.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace larder::builds {
namespace {

using config::Project;
using config::ProjectTarget;

const ProjectTarget& own(const Project& project, const std::string& target) {
  static const ProjectTarget nothing;
  const auto found = project.of_target.find(target);
  return found == project.of_target.end() ? nothing : found->second;
}

bool limits(const EngineChoice& engine, bool) { return engine.traits().limits_resources; }
bool is_container(const EngineChoice& engine, bool) { return engine.traits().is_container_engine; }
bool is_sandbox(const EngineChoice& engine, bool) { return !engine.traits().is_container_engine; }
bool pulls(const EngineChoice& engine, bool) { return engine.has_own_image(); }
bool makes_images(const EngineChoice& engine, bool on_host) { return !engine.has_own_image() && !on_host; }
bool has_images(const EngineChoice& engine, bool) { return !engine.has_own_image(); }

constexpr const char* limit_instead = "`--engine docker` or podman can; `[build] jobs` says how many jobs run at once";
constexpr const char* image_instead =
    "install what is wanted there yourself, or let Larder make an image: leave `--image` and `[build] image` out";

std::string engine_name(const Plan& plan, bool on_host) {
  return plan.engine.name() + (on_host ? " on this machine's own root (`host`)" : "");
}

/// What larder.lock pins, or the image's own name does.
bool is_pinned(const Plan& plan, bool on_host) {
  if (!plan.engine.has_own_image()) return !on_host;
  return plan.project.image.find("@sha256:") != std::string::npos;
}

}  // namespace

const std::vector<EngineKey>& engine_keys() {
  static const std::vector<EngineKey> keys = {
      {"cpus", [](const Project& project, const std::string&) { return !project.cpus.empty(); }, limits, limit_instead},
      {"memory", [](const Project& project, const std::string&) { return !project.memory.empty(); }, limits,
       limit_instead},
      {"pull", [](const Project& project, const std::string&) { return project.pull == "always"; }, pulls,
       "`larder image update` takes newer images"},
      {"fetch_network", [](const Project& project, const std::string&) { return !project.fetch_network.empty(); },
       is_container, "leave it out: the fetch phase has this machine's network"},
      {"packages",
       [](const Project& project, const std::string& target) {
         return !project.packages.empty() || !own(project, target).packages.empty();
       },
       makes_images, image_instead},
      {"prepare",
       [](const Project& project, const std::string& target) {
         return !project.prepare.empty() || !own(project, target).prepare.empty();
       },
       makes_images, image_instead},
      {"image of a single target",
       [](const Project& project, const std::string& target) { return !own(project, target).image.empty(); },
       has_images, "name one image for all targets, or build on Larder's own, without `--image`"},
      {"user_namespaces", [](const Project& project, const std::string&) { return project.user_namespaces; },
       is_sandbox, "the container engine's own settings decide what containers may do; or take `--engine native`"}};
  return keys;
}

Status check_engine_keys(const Plan& plan) {
  for (const TargetPlan& target : plan.targets) {
    const bool on_host = target.image.name == "host";
    if (plan.locked && !is_pinned(plan, on_host))
      return fail(ErrorCode::usage, fmt::format("the engine {} cannot honour `--locked`", engine_name(plan, on_host)),
                  "larder.lock pins images of Larder's own making alone",
                  on_host ? "leave it out, or build on an image of Larder's (without `--image host`)"
                          : "leave it out, or name the image by its digest: NAME@sha256:…");
    for (const EngineKey& key : engine_keys()) {
      if (!key.is_set(plan.project, target.target.name) || key.works(plan.engine, on_host)) continue;
      return fail(ErrorCode::usage,
                  fmt::format("the engine {} cannot honour `{}`", engine_name(plan, on_host), key.key),
                  "larder.toml or the command line asks for it", key.instead);
    }
  }
  return {};
}

}  // namespace larder::builds
