#include "builds/plan/make_plan.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <utility>

#include "base/environment.hpp"
#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "builds/plan/choose_targets.hpp"
#include "builds/plan/cxx.hpp"
#include "builds/plan/engine_choice.hpp"
#include "builds/plan/engine_keys.hpp"
#include "builds/plan/left_out.hpp"
#include "builds/plan/limits.hpp"
#include "builds/plan/named_project.hpp"
#include "builds/plan/needed_chains.hpp"
#include "builds/plan/rust.hpp"
#include "builds/plan/take_consent.hpp"
#include "builds/plan/target_image.hpp"
#include "builds/plan/target_plan.hpp"
#include "builds/plan/tool_files.hpp"
#include "config/tables.hpp"
#include "store/key_of_trust.hpp"

namespace larder::builds {
namespace {

using config::Command;

/// Whatever word larder.toml has for a target, the plan knows it by its short name.
Result<std::string> target_name(const config::TargetTable& table, const std::string& word) {
  auto found = table.find(word);
  if (found) return found->name;
  found.error().message = "larder.toml: " + found.error().message;
  return fail(std::move(found.error()));
}

Status check_project(const config::TargetTable& table, config::Project& project) {
  for (std::string& name : project.targets) {
    TRY_ASSIGN(name, target_name(table, name));
  }
  std::map<std::string, config::ProjectTarget> of_target;
  for (auto& [word, target] : project.of_target) {
    TRY_ASSIGN(const std::string name, target_name(table, word));
    if (!of_target.emplace(name, std::move(target)).second)
      return fail(ErrorCode::usage, fmt::format("larder.toml: two tables are for the target {}", name),
                  fmt::format("[target.{}] is another word for it", word), "put both into one");
  }
  project.of_target = std::move(of_target);
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
  if (!project.memory.empty()) TRY(config::parse_memory(project.memory));
  return {};
}

/// The variables that the project names and those of the command line, which go before: by their name alone, where the
/// caller has them, or with a value.
Status take_variables(const Request& request, Plan& plan) {
  const auto take = [&](const std::string& name) {
    if (const char* value = std::getenv(name.c_str()); value != nullptr) plan.passed[name] = value;
  };
  for (const std::string& name : plan.project.build_pass_env) take(name);
  for (const std::string& word : request.env) {
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (name.empty())
      return fail(ErrorCode::usage, fmt::format("'--env {}' names no variable", printable(word)), {},
                  "--env NAME takes it from your environment, --env NAME=VALUE sets it");
    if (equals == std::string::npos)
      take(name);
    else
      plan.passed[name] = word.substr(equals + 1);
  }
  return {};
}

/// The targets that the build machine itself may be: its processor's, and where another's image decides about its libc,
/// each of them.
std::vector<config::Target> build_machines(const Plan& plan, const config::TargetTable& table) {
  const bool known_libc = std::all_of(plan.targets.begin(), plan.targets.end(), [&](const TargetPlan& planned) {
    return planned.chain ? planned.chain->reference.source == image::Source::debian : !plan.engine.has_own_image();
  });
  const Result<config::Target> emulated =
      plan.engine.platform.empty() ? plan.machine : table.find(plan.engine.platform);
  const config::Target& machine = emulated ? *emulated : plan.machine;
  std::vector<config::Target> machines;
  for (const config::Target& target : table.all()) {
    if (target.runs_on(machine) && (target.libc == "glibc" || !known_libc)) machines.push_back(target);
  }
  return machines;
}

Status plan_fetch(const config::TargetTable& table, Plan& plan) {
  if (!plan.recipe.fetch || plan.recipe.fetch->in_build_tree) return {};
  const config::FetchPhase& fetch = *plan.recipe.fetch;
  std::vector<config::Target> targets;
  for (const TargetPlan& planned : plan.targets) targets.push_back(planned.target);
  if (fetch.build_machine)
    for (config::Target& machine : build_machines(plan, table))
      if (std::none_of(targets.begin(), targets.end(), [&](const auto& known) { return known.name == machine.name; }))
        targets.push_back(std::move(machine));
  plan.fetch = fetch.command;
  for (const config::Target& target : targets) {
    TRY_ASSIGN(const Command part, config::expand_present(fetch.per_target, placeholders_for(plan, target)));
    plan.fetch.insert(plan.fetch.end(), part.begin(), part.end());
  }
  plan.fetch_args = args_for_fetch(fetch, plan.project.args, plan.tool_args);
  for (std::string& arg : plan.fetch_args) arg = at_place(arg, plan.workspace.place);
  plan.fetch.insert(plan.fetch.end(), plan.fetch_args.begin(), plan.fetch_args.end());
  return {};
}

/// Whose volumes builds of this trust may start from.
std::vector<store::Trust> readable_trusts(store::Trust trust) {
  if (trust == store::Trust::trusted) return {trust};
  return {store::Trust::untrusted, store::Trust::trusted};
}

Status plan_siblings(const config::TargetTable& table, Plan& plan) {
  std::vector<config::DownloadVolume> volumes = plan.recipe.downloads;
  volumes.insert(volumes.end(), plan.recipe.image.volumes.begin(), plan.recipe.image.volumes.end());
  for (const config::DownloadVolume& volume : volumes) {
    std::vector<store::VolumeKey> keys;
    for (const config::Target& target : table.all()) {
      TRY_ASSIGN(const std::string name, config::expand(volume.name, placeholders_for(plan, target)));
      for (const store::Trust trust : readable_trusts(plan.trust)) {
        TRY_ASSIGN(store::VolumeKey key, store::key_of_trust(name, store::any_variant, trust));
        keys.push_back(std::move(key));
      }
    }
    plan.siblings.push_back(std::move(keys));
  }
  return {};
}

/// Says so where the folder has the files of several recipes.
std::string note_of(const config::ChosenRecipe& chosen) {
  if (chosen.also_fit.empty()) return {};
  return fmt::format(
      "{} is taken for this project, and {} would fit, too: `[project] recipe = \"{}\"` in larder.toml decides",
      chosen.recipe.name, join_words(chosen.also_fit), chosen.recipe.name);
}

/// A key that means nothing to the recipe's tool.
Status check_rust_key(const Plan& plan) {
  if (plan.project.rust.empty() || contains(plan.recipe.toolchains, "{rustup}")) return {};
  return fail(ErrorCode::usage, fmt::format("`[build] rust` means nothing to the recipe {}", plan.recipe.name), {},
              "leave it out of larder.toml");
}

Status choose_recipe(const std::string& user_dir, const std::string& folder, const Request& request, Plan& plan) {
  TRY_ASSIGN(auto chosen, config::load_recipe(user_dir, plan.project.recipe, folder, plan.project.own_recipe));
  plan.recipe_note = note_of(chosen);
  plan.recipe = std::move(chosen.recipe);
  if (plan.project.install && !plan.recipe.install)
    return fail(ErrorCode::usage, fmt::format("the recipe {} says nothing about installing", plan.recipe.name), {},
                "take `install` out of [artifacts] in larder.toml");
  if (request.test && plan.recipe.test.empty())
    return fail(ErrorCode::usage, fmt::format("the recipe {} says nothing about tests", plan.recipe.name), {},
                "a recipe of your own in ~/.config/larder/recipes may: [test] commands = [[…]]");
  return {};
}

/// A tool without profiles builds the same under each name.
void note_profile(Plan& plan) {
  if (plan.profile == config::default_profile || plan.recipe.has_profiles()) return;
  plan.notes.push_back(
      fmt::format("{} has no profiles: '{}' only names the folder that results go to", plan.recipe.name, plan.profile));
}

/// The folder that the tool builds in is Larder's to say, since the cache is mounted there.
void note_output(Plan& plan) {
  const auto folders = config::project_setting(plan.settings, plan.recipe.settings.output_key);
  if (folders.empty() || plan.recipe.settings.output_key.empty()) return;
  plan.notes.push_back(
      fmt::format("the project's {} says {} = \"{}\", which a build of Larder's does not follow: results go to {}",
                  plan.recipe.settings.project_files.front(), plan.recipe.settings.output_key,
                  printable(folders.front()), plan.workspace.folder + "/target"));
}

/// larder.toml, too, speaks of /workspace as the project's folder.
void speak_of_place(const std::string& place, config::Project& project) {
  const auto move = [&](config::Environment& env) {
    for (auto& [name, value] : env) value = at_place(value, place);
  };
  move(project.env);
  for (auto& [name, target] : project.of_target) move(target.env);
  for (std::string& arg : project.args) arg = at_place(arg, place);
  for (Bind& mount : project.mounts) mount.path = at_place(mount.path, place);
}

/// Where the folder tells nothing, the tool's arguments may: `-C sub`.
bool choose_by_arguments(const std::string& user_dir, const std::string& folder, const Request& request, Plan& plan) {
  config::Command args = plan.project.args;
  args.insert(args.end(), request.tool_args.begin(), request.tool_args.end());
  const auto recipes = config::load_recipes(user_dir, folder, plan.project.own_recipe);
  const auto found = recipes && !args.empty() ? project_named_by(*recipes, args, folder) : std::nullopt;
  if (!found) return false;
  config::Project& project = plan.project;
  project.recipe = found->recipe.name;
  const bool chosen = static_cast<bool>(choose_recipe(user_dir, folder, request, plan));
  project.recipe.clear();
  return chosen;
}

/// The recipe's files lie beside larder.toml, in the folder that it names, or, where there are none, in the folder
/// below it that the caller names.
Status choose_folder_and_recipe(const std::string& user_dir, const std::string& folder, const Request& request,
                                Plan& plan) {
  const std::string named = plan.project.folder.empty() ? folder : folder + "/" + plan.project.folder;
  std::error_code error;
  if (!std::filesystem::is_directory(named, error)) {
    TRY_ASSIGN(plan.workspace, open_workspace(folder, plan.project));  // which says what is wrong with it
  }
  Status chosen = choose_recipe(user_dir, named, request, plan);
  const auto start = std::filesystem::weakly_canonical(request.start, error);
  const std::string inside = start.lexically_relative(folder).string();
  const bool is_below = !request.start.empty() && inside != "." && !inside.starts_with("..") && !inside.empty();
  if (chosen || !plan.project.folder.empty() || !plan.project.recipe.empty()) return chosen;
  if (is_below && choose_recipe(user_dir, start.string(), request, plan)) {
    plan.project.folder = inside;
    return {};
  }
  return choose_by_arguments(user_dir, named, request, plan) ? Status() : chosen;
}

/// The variables that the command line names are the caller's own wish.
std::vector<std::string> own_variables(const Request& request) {
  std::vector<std::string> names;
  for (const std::string& word : request.env) names.push_back(word.substr(0, word.find('=')));
  return names;
}

/// What was agreed to is where a link led then.
void follow_links(std::vector<Bind>& mounts) {
  std::error_code ignored;
  for (Bind& mount : mounts) {
    const auto real = std::filesystem::canonical(mount.source, ignored);
    if (!ignored) mount.source = real.string();
  }
}

/// Opens the workspace of a plan with its project and recipe, and leaves out what the project asks for in vain.
Status open_with_consent(const std::string& folder, const Request& request, const std::string& named, Plan& plan) {
  const WorkspaceQuery query{request.start, plan.recipe.workspace, plan.recipe.searched_above, named,
                             plan.recipe.around_file};
  TRY_ASSIGN(plan.workspace, open_workspace(folder, plan.project, query));
  plan.settings = read_settings(plan.recipe.settings, plan.workspace.folder, plan.workspace.top);
  ConsentMeans means = request.consent;
  TRY_ASSIGN(const store::Trust trust, trust_of_caller());
  means.is_strangers = request.untrusted || trust == store::Trust::untrusted;
  TRY_ASSIGN(plan.consent, find_consent(plan, own_variables(request), means));
  if (withhold(plan)) {
    TRY_ASSIGN(plan.workspace, open_workspace(folder, plan.project, query));
  }
  follow_links(plan.project.mounts);
  return {};
}

/// A tool that would build in a folder in which the project has sources builds in another one. What Larder has put
/// there is none, nor is what cargo has.
void choose_output(Plan& plan) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(plan.workspace.folder) / plan.recipe.output;
  std::error_code ignored;
  const auto is_there = [&](const char* name) { return fs::exists(folder / name, ignored); };
  if (plan.recipe.output.empty() || plan.recipe.other_output.empty() || is_there("CACHEDIR.TAG") ||
      is_there(".rustc_info.json"))
    return;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (contains(plan.triples, name) || name.starts_with(".larder") || name == ".gitignore") continue;
    plan.recipe.output = plan.recipe.other_output;
    return;
  }
}

/// Only where it decides something: for a target without a C++ compiler of Debian's, or where larder.lock has zig
/// pinned.
void look_for_cxx(const std::vector<config::Target>& targets, Plan& plan) {
  Os os;
  constexpr size_t lock_bytes_max = 4 << 20;
  const auto lock = read_file(os, AT_FDCWD, plan.workspace.settings + "/larder.lock", lock_bytes_max);
  const bool decides = std::any_of(targets.begin(), targets.end(), [](const config::Target& target) {
    return target.cxx.empty() && !config::zig_target(target).empty();
  });
  if (!decides && (!lock || lock->find("\nzig = ") == std::string::npos)) return;
  plan.cxx = find_cxx(plan.workspace.folder, plan.recipe.cxx, plan.recipe.output);
}

/// Takes the profile that the tool's own options name out of its arguments; empty: they name none. What follows a `--`
/// is not the tool's.
std::string take_profile(const config::Recipe& recipe, config::Command& args) {
  for (size_t i = 0; i < args.size() && args[i] != "--"; ++i) {
    const auto at = args.begin() + static_cast<std::ptrdiff_t>(i);
    const auto flag = recipe.profile_flags.find(args[i]);
    std::string named = flag == recipe.profile_flags.end() ? "" : flag->second;
    const bool is_option = !recipe.profile_option.empty() && args[i] == recipe.profile_option && i + 1 < args.size();
    if (is_option) named = args[i + 1];
    const std::string joined = recipe.profile_option + "=";
    if (joined != "=" && args[i].starts_with(joined)) named = args[i].substr(joined.size());
    if (named.empty()) continue;
    args.erase(at, at + (is_option ? 2 : 1));
    return named;
  }
  return {};
}

/// The profile of this build: the command line goes before larder.toml, whether it says so to Larder or to the tool.
Status choose_profile(const Request& request, Plan& plan) {
  const std::string of_project = take_profile(plan.recipe, plan.project.args);
  const std::string of_tool = take_profile(plan.recipe, plan.tool_args);
  if (!request.profile.empty() && !of_tool.empty() && request.profile != of_tool)
    return fail(ErrorCode::usage,
                "two profiles are named: " + printable(request.profile) + ", and for the tool " + printable(of_tool),
                "a build has one", "leave one of them out");
  plan.profile = plan.project.profile;
  for (const std::string* named : {&of_project, &of_tool, &request.profile})
    if (!named->empty()) plan.profile = *named;
  if (config::is_name(plan.profile)) return {};
  return fail(ErrorCode::usage, fmt::format("'{}' cannot be a profile's name", printable(plan.profile)),
              "a folder of results is called so",
              "use up to 64 letters, digits, '.', '_' and '-', with a letter or digit first");
}

/// The folder of the project that the arguments name, of a tool that takes its project from there wherever it is
/// started: `--manifest-path sub/Cargo.toml`. Empty: the caller's folder says which it is.
Result<std::string> named_by_arguments(const std::string& user_dir, const Request& request) {
  if (request.tool_args.empty() || request.start.empty()) return std::string();
  TRY_ASSIGN(const config::RecipeTable recipes, config::load_recipes(user_dir));
  const auto found = project_named_by(recipes, request.tool_args, request.start);
  if (!found || found->recipe.workspace.empty()) return std::string();
  std::error_code ignored;
  const auto here = std::filesystem::weakly_canonical(request.start, ignored);
  return here == found->folder ? std::string() : found->folder;
}

Status check_arguments(const Plan& plan) {
  std::vector<std::string> triples;
  for (const TargetPlan& planned : plan.targets) triples.push_back(planned.target.triple);
  return check_tool_arguments(plan.recipe, plan.args, plan.workspace.start_place(), plan.workspace.place, triples);
}

}  // namespace

namespace {

Result<Plan> opened(const std::string& folder, const std::string& start) {
  Plan plan;
  TRY_ASSIGN(plan.project, config::load_project(folder));
  Request request;
  request.start = start;
  TRY(choose_folder_and_recipe(config::user_config_dir(), folder, request, plan));
  TRY(open_with_consent(folder, request, {}, plan));
  return plan;
}

}  // namespace

Result<Workspace> workspace_of(const std::string& folder, const std::string& start) {
  TRY_ASSIGN(Plan plan, opened(folder, start));
  return std::move(plan.workspace);
}

Result<RemoteProject> remote_project_of(const std::string& folder, const std::string& start) {
  TRY_ASSIGN(Plan plan, opened(folder, start));
  TRY_ASSIGN(RemotePlan remote, plan_remote({}, plan.project.remote, config::user_config_dir()));
  return RemoteProject{std::move(plan.workspace), std::move(remote), std::move(plan.consent)};
}

Result<Consent> consent_of(const std::string& folder, const std::string& start) {
  TRY_ASSIGN(Plan plan, opened(folder, start));
  return std::move(plan.consent);
}

namespace {

Result<Plan> plan_project(const std::string& caller_folder, const Request& request) {
  const std::string user_dir = config::user_config_dir();
  TRY_ASSIGN(const std::string named, named_by_arguments(user_dir, request));
  const std::string folder = named.empty() ? caller_folder : find_project_folder(named);
  TRY_ASSIGN(const config::TargetTable table, config::load_targets(user_dir));
  Plan plan;
  TRY_ASSIGN(plan.project, config::load_project(folder));
  TRY(check_project(table, plan.project));
  TRY(take_request(request, plan.project));
  TRY_ASSIGN(plan.limits, store_limits(plan.project.cache, user_dir));
  Request there = request;
  if (!named.empty()) there.start = named;
  TRY(choose_folder_and_recipe(user_dir, folder, there, plan));
  TRY(open_with_consent(folder, request, named, plan));
  plan.project.network = plan.project.network || request.network;
  speak_of_place(plan.workspace.place, plan.project);
  plan.notes = plan.workspace.notes;
  TRY(check_rust_key(plan));
  note_output(plan);
  TRY(take_variables(request, plan));
  for (const std::string& note : {note_on_variables(plan), note_on_user_settings(plan)})
    if (!note.empty()) plan.caller_notes.push_back(note);
  const RemoteRequest remote{request.cache_pull, request.cache_push, request.untrusted};
  TRY_ASSIGN(plan.remote, plan_remote(remote, plan.project.remote, user_dir));
  if (plan.remote.apart) plan.trust = store::Trust::untrusted;
  plan.offline = request.offline;
  plan.locked = request.locked;
  plan.test = request.test;
  plan.shows_emulator = request.emulator;
  plan.tool_args = request.tool_args;
  TRY(choose_rust(plan));
  TRY(choose_profile(request, plan));
  note_profile(plan);
  plan.args = plan.project.args;
  for (const std::string& arg : plan.tool_args) plan.args.push_back(at_place(arg, plan.workspace.place));
  TRY_ASSIGN(plan.engine, choose_engine(plan.project));
  TRY_ASSIGN(plan.machine, table.native());
  for (const config::Target& target : table.all()) plan.triples.push_back(target.triple);
  choose_output(plan);
  TRY_ASSIGN(const auto defaults, default_targets(table, plan));
  TRY_ASSIGN(const auto targets, choose_targets(table, plan.project, request.targets, request.all, defaults));
  look_for_cxx(targets, plan);
  for (const config::Target& target : targets) {
    TRY_ASSIGN(TargetPlan planned, plan_target(plan, target));
    plan.targets.push_back(std::move(planned));
  }
  plan.own_chains = find_own_chains(plan, table, defaults);
  TRY(check_engine_keys(plan));
  TRY(check_arguments(plan));
  TRY(plan_fetch(table, plan));
  TRY(plan_siblings(table, plan));
  return plan;
}

/// What this build needs stays, and what others need that are not told what this one is.
std::optional<std::vector<image::Chain>> needed_chains(const std::string& settings,
                                                       const std::vector<image::Chain>& own_chains) {
  auto chains = chains_of_project(settings, [](const std::string& start) {
    Request bare;
    bare.start = start;
    return plan_project(find_project_folder(start), bare);
  });
  if (chains) chains->insert(chains->end(), own_chains.begin(), own_chains.end());
  return chains;
}

}  // namespace

Result<Plan> make_plan(const std::string& folder, const Request& request) {
  TRY_ASSIGN(Plan plan, plan_project(folder, request));
  const bool environment_decides = !environment("LARDER_IMAGE").empty() || !environment("RUSTUP_TOOLCHAIN").empty();
  if (!environment_decides)
    plan.needed_chains = [settings = plan.workspace.settings, own_chains = plan.own_chains] {
      return needed_chains(settings, own_chains);
    };
  return plan;
}

}  // namespace larder::builds
