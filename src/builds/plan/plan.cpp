#include "builds/plan/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/sha256.hpp"
#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "builds/plan/limits.hpp"

namespace larder::builds {
namespace {

using config::Command;
using config::Environment;
using config::Placeholders;

Result<std::vector<config::Target>> choose_targets(const config::TargetTable& table, const config::Project& project,
                                                   const Request& request) {
  std::vector<std::string> names = request.targets.empty() ? project.targets : request.targets;
  if (request.all && project.targets.empty())
    for (const config::Target& target : table.all())
      if (target.in_all) names.push_back(target.name);
  if (request.all && !project.targets.empty()) names = project.targets;
  std::vector<config::Target> targets;
  for (const std::string& name : names) {
    TRY_ASSIGN(config::Target target, table.find(name));
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

/// Compiled results are good only for the toolchain, the recipe and the folder that they were made with: build tools
/// compare modification times, so a worktree with older files would be taken for built.
std::string compiled_variant(const image::Image& image, const config::Recipe& recipe, const Workspace& workspace) {
  Sha256 hash;
  for (const std::string& field :
       {image.digest, recipe.name, std::to_string(recipe.version), workspace.folder, image.toolchain})
    hash.field(field);
  return hash.finish().substr(0, 16);
}

class Planner {
 public:
  Planner(Plan& plan, const config::TargetTable& table, const Request& request, Images& images)
      : plan_(plan),
        table_(table),
        request_(request),
        images_(images),
        profile_(plan.recipe.profile(plan.profile)),
        jobs_(job_count(plan)) {}

  Status run() {
    TRY_ASSIGN(const auto targets, choose_targets(table_, plan_.project, request_));
    for (const config::Target& target : targets) {
      TargetPlan planned;
      planned.target = config::with_own_tools(target, plan_.project);
      TRY(plan_image(planned));
      plan_.targets.push_back(std::move(planned));
    }
    TRY(provide_images());
    for (TargetPlan& planned : plan_.targets) TRY(plan_target(planned));
    TRY(plan_fetch());
    return plan_siblings();
  }

 private:
  Placeholders values_for(const config::Target& target) const {
    Placeholders values = config::target_placeholders(target);
    values["profile"] = profile_.tool;
    values["profile_dir"] = profile_.dir;
    values["project"] = plan_.workspace.project;
    values["jobs"] = std::to_string(jobs_);
    return values;
  }

  Status plan_target(TargetPlan& planned) {
    const config::Target target = planned.target;
    const config::Target& machine = plan_.machine;
    if (target.runs_on(machine) && !target.elf_interpreter.empty() && planned.image.loader == target.elf_interpreter) {
      planned.target = config::with_own_tools(config::on_own_image(target), plan_.project);
    }
    Placeholders values = values_for(planned.target);
    values["toolchain"] = planned.image.toolchain;
    if (plan_.test) TRY(plan_emulator(machine, values, planned));
    const std::string emulator = target.emulator.substr(0, target.emulator.find(' '));
    if (request_.emulator && !target.runs_on(machine) && !find_in_path(emulator).empty()) planned.emulator = emulator;
    TRY(plan_volumes(values, planned));
    TRY(plan_environment(values, planned));
    const auto& commands = plan_.test ? plan_.recipe.test : plan_.recipe.build;
    for (const Command& command : plan_.recipe.commands_for(commands, planned.target, machine)) {
      TRY_ASSIGN(Command expanded, config::expand_present(command, values));
      planned.build.push_back(std::move(expanded));
    }
    Command& last = planned.build.back();
    last.insert(last.end(), plan_.project.args.begin(), plan_.project.args.end());
    last.insert(last.end(), request_.tool_args.begin(), request_.tool_args.end());
    if (plan_.recipe.adopt) {
      TRY_ASSIGN(planned.adopt, config::expand_present(*plan_.recipe.adopt, values));
    }
    const auto& include = plan_.project.artifacts.empty() ? plan_.recipe.artifacts : plan_.project.artifacts;
    TRY_ASSIGN(planned.artifacts, config::expand_all(include, values));
    TRY_ASSIGN(planned.artifacts_not, config::expand_all(plan_.recipe.artifacts_not, values));
    TRY_ASSIGN(const auto excluded, config::expand_all(plan_.project.artifacts_not, values));
    planned.artifacts_not.insert(planned.artifacts_not.end(), excluded.begin(), excluded.end());
    planned.output_folder = plan_.workspace.folder + "/target/" + target.triple + "/" + profile_.dir;
    return {};
  }

  static bool has_own_image(const TargetPlan& planned) {
    return planned.chain && planned.chain->reference.source == image::Source::debian;
  }

  Status plan_image(TargetPlan& planned) const {
    const Placeholders values = values_for(planned.target);
    const std::string& folder = plan_.workspace.folder;
    if (plan_.engine.kind != EngineKind::native) {
      planned.image = container_image(plan_.project.image, plan_.engine);
      return {};
    }
    const auto own = plan_.project.of_target.find(planned.target.name);
    const bool has_own = own != plan_.project.of_target.end() && !own->second.image.empty();
    TRY_ASSIGN(const auto reference, image::parse_reference(has_own ? own->second.image : plan_.project.image, folder));
    if (reference.source == image::Source::host) {
      TRY_ASSIGN(planned.image, image::host_image(plan_.recipe, planned.target, plan_.machine, values, folder));
      return {};
    }
    TRY_ASSIGN(planned.chain,
               image::chain_for(reference, plan_.recipe, planned.target, plan_.machine, values, plan_.project));
    return {};
  }

  /// All at once, so that they can be prepared side by side.
  Status provide_images() {
    std::vector<WantedImage> wanted;
    for (const TargetPlan& planned : plan_.targets)
      if (planned.chain) wanted.push_back({planned.target.name, *planned.chain});
    if (wanted.empty()) return {};
    TRY_ASSIGN(const auto images, images_.provide(wanted, plan_.machine.debian_arch, plan_.workspace.folder));
    auto next = images.begin();
    for (TargetPlan& planned : plan_.targets)
      if (planned.chain) planned.image = *next++;
    return {};
  }

  /// The machine's own where it has one, so that nothing needs to be fetched; it is static, and runs in any image.
  Status plan_emulator(const config::Target& machine, Placeholders& values, TargetPlan& planned) {
    values["emulator"] = values["emulator_list"] = "";
    const config::Target& target = planned.target;
    if (target.runs_on(machine)) return {};
    const auto words = split(target.emulator, ' ');
    const std::string package = target.package("emulator", machine);
    if (target.emulator.empty() || package.empty())
      return fail(ErrorCode::environment, fmt::format("nothing here runs the programs of {}", target.name),
                  "the target has no emulator", "give it one in targets.toml: emulator and packages.emulator");
    values["emulator"] = target.emulator;
    values["emulator_list"] = join(words, ";");
    planned.emulator = words.front();
    if (!find_in_path(planned.emulator).empty()) return {};
    TRY_ASSIGN(const auto reference, image::parse_reference(image::default_image, plan_.workspace.folder));
    const image::Chain chain{reference,
                             {{image::StepKind::base, {reference.text}}, {image::StepKind::packages, {package}}}};
    TRY_ASSIGN(const auto images, images_.provide({{target.name, chain}}, machine.debian_arch, plan_.workspace.folder));
    planned.emulator_volume = images.front().volume;
    return {};
  }

  Status plan_volumes(const Placeholders& values, TargetPlan& planned) const {
    store::VolumeSpec spec;
    spec.target = planned.target.name;
    spec.recipe = fmt::format("{} {}", plan_.recipe.name, plan_.recipe.version);
    std::vector<config::DownloadVolume> volumes = plan_.recipe.downloads;
    if (has_own_image(planned))
      volumes.insert(volumes.end(), plan_.recipe.image.volumes.begin(), plan_.recipe.image.volumes.end());
    for (const config::DownloadVolume& volume : volumes) {
      TRY_ASSIGN(spec.key.name, config::expand(volume.name, values));
      spec.mount_path = volume.path;
      TRY(store::check_name(spec.key.name, "volume"));
      planned.downloads.push_back(spec);
    }
    TRY_ASSIGN(spec.key.name, config::expand(plan_.recipe.compiled_name, values));
    TRY(store::check_name(spec.key.name, "volume"));
    spec.key.variant = compiled_variant(planned.image, plan_.recipe, plan_.workspace);
    spec.volume_class = store::VolumeClass::compiled;
    spec.mount_path = plan_.recipe.workspace == config::WorkspaceMode::overlay ? "/workspace" : "/workspace/target";
    spec.project = plan_.workspace.project;
    spec.workspace = plan_.workspace.folder;
    spec.image = planned.image.digest;
    planned.compiled = std::move(spec);
    return {};
  }

  Status plan_environment(const Placeholders& values, TargetPlan& planned) const {
    planned.env = planned.image.env;
    for (const auto& [name, value] :
         {std::pair("HOME", home_folder), std::pair("LANG", "C.UTF-8"), std::pair("USER", "larder")})
      planned.env[name] = value;
    if (!planned.image.path.empty()) planned.env["PATH"] = planned.image.path;  // else the image's own
    TRY_ASSIGN(const Environment recipe_env, config::expand_environment(plan_.recipe.env, values));
    for (const auto& [name, value] : recipe_env) planned.env[name] = value;
    if (has_own_image(planned)) {
      TRY_ASSIGN(const Environment image_env, config::expand_environment(plan_.recipe.image.env, values));
      for (const auto& [name, value] : image_env) planned.env[name] = value;
      if (!plan_.recipe.image.path.empty()) planned.env["PATH"] = plan_.recipe.image.path + ":" + planned.env["PATH"];
    }
    for (const auto& [name, value] : plan_.project.env) planned.env[name] = value;
    const auto own = plan_.project.of_target.find(planned.target.name);
    if (own != plan_.project.of_target.end())
      for (const auto& [name, value] : own->second.env) planned.env[name] = value;
    planned.build_env = planned.env;
    if (plan_.test) {
      TRY_ASSIGN(const Environment test_env, config::expand_environment(plan_.recipe.test_env, values));
      planned.build_env.insert(test_env.begin(), test_env.end());
    }
    if (plan_.project.network) return {};
    TRY_ASSIGN(const Environment build_env, config::expand_environment(plan_.recipe.build_env, values));
    planned.build_env.insert(build_env.begin(), build_env.end());
    return {};
  }

  Status plan_fetch() {
    if (!plan_.recipe.fetch) return {};
    plan_.fetch = plan_.recipe.fetch->command;
    for (const TargetPlan& planned : plan_.targets) {
      TRY_ASSIGN(const Command part,
                 config::expand_present(plan_.recipe.fetch->per_target, values_for(planned.target)));
      plan_.fetch.insert(plan_.fetch.end(), part.begin(), part.end());
    }
    return {};
  }

  Status plan_siblings() {
    std::vector<config::DownloadVolume> volumes = plan_.recipe.downloads;
    volumes.insert(volumes.end(), plan_.recipe.image.volumes.begin(), plan_.recipe.image.volumes.end());
    for (const config::DownloadVolume& volume : volumes) {
      std::vector<std::string> names;
      for (const config::Target& target : table_.all()) {
        TRY_ASSIGN(std::string name, config::expand(volume.name, values_for(target)));
        names.push_back(std::move(name));
      }
      plan_.siblings.push_back(std::move(names));
    }
    return {};
  }

  Plan& plan_;
  const config::TargetTable& table_;
  const Request& request_;
  Images& images_;
  config::Profile profile_;
  int jobs_;
};

Status check_project(const config::Project& project, const config::TargetTable& table) {
  std::vector<std::string> names = project.targets;
  for (const auto& [name, target] : project.of_target) names.push_back(name);
  for (const std::string& name : names) {
    auto found = table.find(name);
    if (found) continue;
    found.error().message = "larder.toml: " + found.error().message;
    return fail(std::move(found.error()));
  }
  return {};
}

/// What the command line says goes before what the project says.
Status take_request(const Request& request, config::Project& project) {
  for (const auto& [said, slot] :
       {std::pair(&request.engine, &project.engine), std::pair(&request.image, &project.image),
        std::pair(&request.pull, &project.pull), std::pair(&request.cpus, &project.cpus),
        std::pair(&request.memory, &project.memory)})
    if (!said->empty()) *slot = *said;
  if (!request.image.empty())
    for (auto& [name, target] : project.of_target) target.image.clear();
  project.image = config::chosen_image(project);
  if (request.offline) project.pull = "never";
  if (!project.cpus.empty() && !config::is_cpu_count(project.cpus))
    return fail(ErrorCode::usage, "'" + project.cpus + "' is no number of processors", {}, "such as --cpus 1.5");
  if (!project.memory.empty()) TRY(parse_bytes(project.memory));
  return {};
}

}  // namespace

int job_count(const Plan& plan) {
  return plan.project.jobs.value_or(std::max(1, static_cast<int>(std::thread::hardware_concurrency())));
}

Result<Plan> make_plan(const std::string& folder, const Request& request, Images& images) {
  const std::string user_dir = config::user_config_dir();
  TRY_ASSIGN(const config::TargetTable targets, config::load_targets(user_dir));
  Plan plan;
  TRY_ASSIGN(plan.project, config::load_project(folder));
  TRY(check_project(plan.project, targets));
  TRY(take_request(request, plan.project));
  TRY_ASSIGN(plan.limits, store_limits(plan.project.cache, user_dir));
  TRY_ASSIGN(plan.workspace, open_workspace(folder, plan.project));
  TRY_ASSIGN(plan.recipe, config::load_recipe(user_dir, plan.project.recipe, plan.workspace.folder));
  plan.offline = request.offline;
  plan.test = request.test;
  if (plan.test && plan.recipe.test.empty())
    return fail(ErrorCode::usage, fmt::format("the recipe {} says nothing about tests", plan.recipe.name), {},
                "a recipe of your own in ~/.config/larder/recipes may: [test] commands = [[…]]");
  plan.profile = request.profile.empty() ? plan.project.profile : request.profile;
  TRY_ASSIGN(plan.engine, choose_engine(plan.project, request.look_only ? Look::only : Look::and_pull));
  TRY_ASSIGN(plan.machine, targets.native());
  TRY(Planner(plan, targets, request, images).run());
  return plan;
}

}  // namespace larder::builds
