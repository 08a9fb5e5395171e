#include "builds/plan/target_plan.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/sha256.hpp"
#include "base/text.hpp"
#include "builds/plan/named_project.hpp"
#include "builds/plan/tool_arguments.hpp"
#include "builds/plan/user_arguments.hpp"
#include "image/rust_toolchain.hpp"
#include "share/native_code.hpp"
#include "store/key_of_trust.hpp"

namespace larder::builds {
namespace {

using config::Command;
using config::Environment;
using config::Placeholders;

/// Whether an argument is a setting (`V=1`, `-DX=1`) and not a goal.
bool is_setting(const std::string& argument) { return argument.find('=') != std::string::npos; }

UserArguments arguments_of(const Plan& plan, const std::vector<Command>& commands) {
  return divide_arguments(plan.recipe, commands, plan.project.args, plan.tool_args, plan.test);
}

/// Where results are known by what they are, a volume is for one set of goals: what another has made there would be
/// taken for this build's. Options are no goals, but for those that name another makefile. Of a test the arguments
/// are the tests' own.
void add_goals(const Plan& plan, Sha256& hash) {
  if (plan.recipe.results_from != config::ResultSource::content) return;
  const Command& args = plan.test ? plan.project.args : plan.args;
  const auto is_number = [](const std::string& text) {
    return text.find_first_not_of("0123456789.") == std::string::npos;  // of `-j 4`
  };
  for (const std::string& argument : args)
    if (!is_setting(argument) && !argument.starts_with('-') && !is_number(argument)) hash.field(argument);
  for (const std::string& named : values_of(args, plan.recipe.project_options)) hash.field("in " + named);
}

/// The project's own settings, where the tool does not notice that they have changed; empty where it does.
std::string settings_of(const Plan& plan, const std::string& target) {
  if (!plan.recipe.settings_in_variant) return {};
  Sha256 hash;
  hash.field(plan.profile);
  for (const std::string& argument : plan.args)
    if (is_setting(argument)) hash.field(argument);
  add_goals(plan, hash);
  for (const std::string& argument : arguments_of(plan, plan.recipe.build).configure) hash.field(argument);
  const auto add = [&](const config::Environment& env) {
    for (const auto& [name, value] : env) hash.field(name + "=" + value);
  };
  add(plan.project.env);
  add(plan.passed);
  const auto own = plan.project.of_target.find(target);
  if (own != plan.project.of_target.end()) {
    add(own->second.env);
    for (const std::string* tool : {&own->second.cc, &own->second.cxx, &own->second.ar, &own->second.linker})
      hash.field(*tool);
  }
  return hash.finish().substr(0, 8);
}

/// Whether what the project or the caller says of this build has compilers make code for this machine's processor
/// alone.
bool is_native(const Plan& plan, const std::string& target) {
  const auto in_values = [](const config::Environment& env) {
    return std::any_of(env.begin(), env.end(), [](const auto& value) { return share::says_native(value.second); });
  };
  const auto own = plan.project.of_target.find(target);
  return in_values(plan.project.env) || in_values(plan.passed) ||
         (own != plan.project.of_target.end() && in_values(own->second.env)) ||
         std::any_of(plan.args.begin(), plan.args.end(), share::says_native);
}

/// Compiled results are good only for the toolchain, the recipe and the settings that they were made with. Each folder
/// of a project has a line of its own; a new one starts from what its siblings have (builds/run/target_view).
std::string compiled_variant(const Plan& plan, const image::Image& image, const std::string& recipe) {
  Sha256 hash;
  for (const std::string& field : {image.digest, recipe, plan.workspace.folder, image.toolchain}) hash.field(field);
  if (plan.workspace.place != workspace_path) hash.field(plan.workspace.place);
  return hash.finish().substr(0, 16);
}

/// Puts a target's plan together around an image.
class TargetPlanner {
 public:
  TargetPlanner(const Plan& plan, const TargetPlan& decided, image::Image image) : plan_(plan) {
    made_.target = decided.target;
    made_.image = std::move(image);
    made_.chain = decided.chain;
    made_.emulator = decided.emulator;
    made_.emulator_chain = decided.emulator_chain;
    made_.emulator_volume = decided.emulator_volume;
  }

  Result<TargetPlan> make() {
    take_plain_tools();
    values_ = placeholders_for(plan_, made_.target);
    values_["toolchain"] = made_.image.toolchain;
    set_emulator();
    values_["cross"] = made_.target.runs_on(plan_.machine) ? "" : "yes";
    const bool is_own = config::is_machines_own(made_.target, plan_.machine);
    values_["other"] = is_own ? "" : "yes";
    if (is_own && !values_["pkg_config_libdir"].empty()) values_["pkg_config_libdir"] = own_pkg_config_libdir();
    values_["configure_args"] = "{configure_args}";  // where they go is for `with_arguments`
    values_["build_args"] = "{build_args}";
    values_["settings"] = "{settings}";
    TRY(plan_volumes());
    TRY(plan_environment());
    TRY(plan_build_environment());
    TRY(plan_fetch_environment());
    TRY(plan_settings());
    TRY(plan_files());
    TRY(plan_commands());
    TRY(plan_results());
    return std::move(made_);
  }

 private:
  bool has_own_image() const { return made_.chain && made_.chain->reference.source == image::Source::debian; }

  /// Where Debian's pkg-config looks by itself (`pkg-config --variable pc_path pkg-config`).
  std::string own_pkg_config_libdir() const {
    return fmt::format(
        "/usr/local/lib/{0}/pkgconfig:/usr/local/lib/pkgconfig:/usr/local/share/pkgconfig:"
        "/usr/lib/{0}/pkgconfig:/usr/lib/pkgconfig:/usr/share/pkgconfig",
        made_.target.multiarch);
  }

  /// On an image of the target's own, whose programs this machine runs, the tools have no prefix.
  void take_plain_tools() {
    const config::Target& target = made_.target;
    if (target.runs_on(plan_.machine) && !target.elf_interpreter.empty() &&
        made_.image.loader == target.elf_interpreter)
      made_.target = config::with_own_tools(config::on_own_image(target), plan_.project);
  }

  bool is_emulated() const { return !made_.target.runs_on(plan_.machine) && !made_.emulator.empty(); }

  void set_emulator() {
    const std::string command = is_emulated() ? made_.target.emulator : "";
    values_["emulator"] = command;
    values_["emulator_list"] = join(split(command, ' '), ";");
    values_["emulator_quoted"] = command.empty() ? "" : "'" + join(split(command, ' '), "', '") + "'";
  }

  Status plan_volumes() {
    store::VolumeSpec spec;
    spec.target = made_.target.name;
    spec.recipe = fmt::format("{} {}", plan_.recipe.name, plan_.recipe.version);
    std::vector<config::DownloadVolume> volumes = plan_.recipe.downloads;
    if (has_own_image())
      volumes.insert(volumes.end(), plan_.recipe.image.volumes.begin(), plan_.recipe.image.volumes.end());
    for (const config::DownloadVolume& volume : volumes) {
      TRY_ASSIGN(const std::string name, config::expand(volume.name, values_));
      TRY_ASSIGN(spec.key, store::key_of_trust(name, store::any_variant, plan_.trust));
      spec.mount_path = volume.path;
      made_.downloads.push_back(spec);
    }
    TRY_ASSIGN(const std::string name, config::expand(plan_.recipe.compiled_name, values_));
    const std::string settings = settings_of(plan_, made_.target.name);
    if (!settings.empty()) spec.recipe += " with " + settings;
    if (is_native(plan_, made_.target.name)) spec.recipe += share::native_suffix;
    const std::string& output = plan_.recipe.output;
    if (!output.empty() && output == plan_.recipe.other_output) spec.recipe += " in " + output;
    if (plan_.test && !settings.empty() && plan_.recipe.results_from == config::ResultSource::content)
      spec.recipe += tests_suffix;
    const std::string variant = compiled_variant(plan_, made_.image, spec.recipe);
    TRY_ASSIGN(spec.key, store::key_of_trust(name, variant, plan_.trust));
    spec.volume_class = store::VolumeClass::compiled;
    spec.mount_path = plan_.workspace.place;
    spec.project = plan_.workspace.project;
    spec.workspace = plan_.workspace.folder;
    spec.image = made_.image.digest;
    made_.compiled = std::move(spec);
    return {};
  }

  Status plan_environment() {
    made_.env = made_.image.env;
    for (const auto& [name, value] :
         {std::pair("HOME", home_folder), std::pair("LANG", "C.UTF-8"), std::pair("USER", "larder")})
      made_.env[name] = value;
    if (!made_.image.path.empty()) made_.env["PATH"] = made_.image.path;  // else the image's own
    Environment recipes = plan_.recipe.env;
    if (!values_["other"].empty()) recipes.insert(plan_.recipe.env_other.begin(), plan_.recipe.env_other.end());
    TRY_ASSIGN(const Environment recipe_env, expand_here(recipes));
    for (const auto& [name, value] : recipe_env) made_.env[name] = value;
    if (has_own_image()) {
      TRY_ASSIGN(const Environment image_env, expand_here(plan_.recipe.image.env));
      for (const auto& [name, value] : image_env) made_.env[name] = value;
      if (!plan_.recipe.image.path.empty()) made_.env["PATH"] = plan_.recipe.image.path + ":" + made_.env["PATH"];
    }
    without_projects_ = made_.env;
    for (const auto& [name, value] : plan_.project.env) made_.env[name] = value;
    const auto own = plan_.project.of_target.find(made_.target.name);
    if (own != plan_.project.of_target.end())
      for (const auto& [name, value] : own->second.env) made_.env[name] = value;
    for (const auto& [name, value] : plan_.passed) made_.env[name] = value;
    TRY(check_decided());
    return check_own_paths(recipe_env);
  }

  /// Variables of the tool's settings (`[settings]` variable_prefix) have their own ways.
  Status check_decided() const {
    for (const auto& [name, instead] : plan_.recipe.decided)
      if (plan_.recipe.settings.variable_prefix.empty() && is_set_by_user(name))
        return fail(ErrorCode::usage, fmt::format("the variable {} has no effect in a build", name), {}, instead);
    return {};
  }

  /// A variable of the recipe's that leads to a volume must stay as it is: what the tool makes elsewhere would be gone.
  /// So must one that leads to a file of Larder's, by which the tool gets the target's compilers.
  Status check_own_paths(const Environment& recipe_env) const {
    for (const auto& [name, value] : recipe_env)
      if ((leads_to_volume(value) || leads_to_file(value)) && made_.env.at(name) != value)
        return fail(ErrorCode::usage, fmt::format("the variable {} is Larder's own in a build", name),
                    fmt::format("it says where {} are: {}",
                                leads_to_file(value) ? "the settings of the target's tools" : "the caches", value),
                    "leave it out of larder.toml and the command line");
    return {};
  }

  bool leads_to_file(const std::string& value) const {
    return std::any_of(plan_.recipe.files.begin(), plan_.recipe.files.end(),
                       [&](const config::BuildFile& file) { return file.path == value; });
  }

  bool leads_to_volume(const std::string& path) const {
    const auto holds = [&](const std::string& volume) { return volume == path || volume.starts_with(path + "/"); };
    return path == plan_.workspace.place + "/" + plan_.recipe.output ||
           std::any_of(made_.downloads.begin(), made_.downloads.end(), [&](const store::VolumeSpec& volume) {
             return path.starts_with('/') && holds(volume.mount_path);
           });
  }

  /// Where the user's secrets are, nothing of the project's may run, and a variable such as PATH or GIT_SSH_COMMAND
  /// could name it.
  Environment trusted_environment() const {
    Environment env = without_projects_;
    for (const auto& [name, value] : made_.env)
      if (plan_.passed.contains(name) || matches(plan_.recipe.fetch->variables, name)) env[name] = value;
    return env;
  }

  static bool matches(const std::vector<std::string>& patterns, const std::string& name) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0; });
  }

  Status plan_fetch_environment() {
    made_.fetch_env = made_.env;
    if (!plan_.recipe.fetch) return {};
    if (!plan_.recipe.settings.user.home.empty()) made_.fetch_env = trusted_environment();
    TRY_ASSIGN(const Environment own, expand_here(plan_.recipe.fetch->env));
    for (const auto& [name, value] : own) made_.fetch_env[name] = value;
    const Environment overruling =
        config::overruling(plan_.recipe.fetch->overrules, plan_.settings, plan_.recipe.settings.variable_prefix);
    for (const auto& [name, value] : overruling) made_.fetch_env[name] = value;
    return {};
  }

  /// Whether the user's variables, or those that the project's settings of the tool set, have one of the names.
  bool sets_one_of(const std::vector<std::string>& names) const {
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return is_set_by_user(name) || !config::keys_there(plan_.settings.project, {"env." + name}).empty();
    });
  }

  Status plan_settings() {
    using config::SettingsPhase;
    config::SettingsFile file = plan_.recipe.settings;
    for (const auto& [key, names] : file.gives_way)
      if (sets_one_of(split(names, ' '))) file.values.erase(key);
    const auto make = [&](SettingsPhase phase) {
      return config::tool_settings(file, plan_.settings, made_.target, values_, phase, plan_.kept_back);
    };
    TRY_ASSIGN(made_.fetch_settings, make(SettingsPhase::fetch));
    TRY_ASSIGN(made_.build_settings, make(plan_.test ? SettingsPhase::test : SettingsPhase::build));
    return {};
  }

  Status plan_build_environment() {
    made_.build_env = made_.env;
    if (plan_.test) {
      TRY_ASSIGN(const Environment test_env, expand_here(plan_.recipe.test_env));
      made_.build_env.insert(test_env.begin(), test_env.end());
    }
    if (plan_.project.network) return {};
    TRY_ASSIGN(const Environment build_env, expand_here(plan_.recipe.build_env));
    made_.build_env.insert(build_env.begin(), build_env.end());
    return {};
  }

  /// The recipe's variables, where they speak of /workspace with the project's place.
  Result<Environment> expand_here(const Environment& env) const {
    TRY_ASSIGN(Environment expanded, config::expand_environment(env, values_));
    for (auto& [name, value] : expanded) value = at_place(value, plan_.workspace.place);
    return expanded;
  }

  Status plan_files() {
    for (const config::BuildFile& file : plan_.recipe.files) {
      TRY_ASSIGN(std::string path, config::expand(file.path, values_));
      TRY_ASSIGN(std::string text, config::expand(file.text, values_));
      made_.files.push_back({at_place(path, plan_.workspace.place), at_place(text, plan_.workspace.place)});
    }
    return {};
  }

  bool is_set_by_user(const std::string& name) const {
    const auto own = plan_.project.of_target.find(made_.target.name);
    return plan_.project.env.contains(name) || plan_.passed.contains(name) ||
           (own != plan_.project.of_target.end() && own->second.env.contains(name));
  }

  /// A variable of the project's own, or the caller's, goes before an argument of the recipe that would hide it.
  void leave_out_hiding(Command& command) const {
    std::erase_if(command, [&](const std::string& item) {
      const size_t equals = item.find('=');
      return equals != std::string::npos && is_set_by_user(item.substr(0, equals));
    });
  }

  Result<std::vector<Command>> expanded(const std::vector<Command>& commands) const {
    std::vector<Command> all;
    for (const Command& command : plan_.recipe.commands_for(commands, made_.target, plan_.machine, is_emulated())) {
      TRY_ASSIGN(all.emplace_back(), config::expand_present(command, values_));
      for (std::string& word : all.back()) word = at_place(word, plan_.workspace.place);
      leave_out_hiding(all.back());
    }
    return all;
  }

  /// An item `{settings}` becomes the user's settings.
  Status add_commands(const std::vector<Command>& commands) {
    TRY_ASSIGN(const auto all, expanded(commands));
    for (const Command& command : all) {
      Command whole;
      for (const std::string& item : command) {
        if (item == "{settings}")
          std::copy_if(plan_.args.begin(), plan_.args.end(), std::back_inserter(whole), is_setting);
        else
          whole.push_back(item);
      }
      made_.build.push_back(std::move(whole));
    }
    return {};
  }

  Status plan_tree_fetch(const UserArguments& arguments) {
    if (!plan_.recipe.fetch || !plan_.recipe.fetch->in_build_tree) return {};
    TRY_ASSIGN(auto fetch, expanded({plan_.recipe.fetch->command}));
    made_.fetch = with_arguments(std::move(fetch), {arguments.configure, {}, {}}).front();
    return {};
  }

  void take_goals_in_turn(const config::Command& arguments) {
    const config::Command last = made_.build.back();
    made_.build.pop_back();
    for (config::Command& command : goals_in_turn(last, arguments, plan_.recipe.goals_in_turn))
      made_.build.push_back(std::move(command));
  }

  Status plan_commands() {
    const UserArguments arguments = arguments_of(plan_, plan_.test ? plan_.recipe.test : plan_.recipe.build);
    TRY_ASSIGN(auto commands, expanded(plan_.test ? plan_.recipe.test : plan_.recipe.build));
    made_.build = with_arguments(std::move(commands), arguments);
    if (!plan_.test && !plan_.recipe.goals_in_turn.empty()) take_goals_in_turn(arguments.last);
    TRY(plan_tree_fetch(arguments));
    if (plan_.test) return {};
    if (plan_.recipe.results_from == config::ResultSource::cargo)
      made_.results.shows_messages = !join_message_formats(made_.build.back());
    TRY(add_commands(plan_.recipe.after_build));
    if (plan_.project.install && plan_.recipe.install) TRY(add_commands(plan_.recipe.install->commands));
    return {};
  }

  Status plan_results() {
    ResultRules& results = made_.results;
    results.from = plan_.recipe.results_from;
    results.place = plan_.workspace.place;
    TRY_ASSIGN(results.folder, config::expand(plan_.recipe.build_folder, values_));
    TRY_ASSIGN(results.include, config::expand_all(plan_.recipe.artifacts, values_));
    TRY_ASSIGN(results.exclude, config::expand_all(plan_.recipe.artifacts_not, values_));
    results.beside = plan_.recipe.beside;
    TRY_ASSIGN(results.wanted, config::expand_all(plan_.project.artifacts, values_));
    TRY_ASSIGN(const auto excluded, config::expand_all(plan_.project.artifacts_not, values_));
    results.exclude.insert(results.exclude.end(), excluded.begin(), excluded.end());
    if (plan_.project.install && plan_.recipe.install) {
      TRY_ASSIGN(results.installed, config::expand(plan_.recipe.install->folder, values_));
      results.strip = plan_.recipe.install->strip;
    }
    if (results.from == config::ResultSource::cmake) {
      results.goals = cmake_goals(plan_.args);
      results.configuration = cmake_configuration(plan_.args, plan_.recipe.profile(plan_.profile).tool);
    }
    made_.output_folder =
        plan_.workspace.folder + "/target/" + made_.target.triple + "/" + plan_.recipe.profile(plan_.profile).dir;
    return {};
  }

  const Plan& plan_;
  Placeholders values_;
  Environment without_projects_;  ///< the variables, but those that the project or the caller gives
  TargetPlan made_;
};

}  // namespace

Placeholders placeholders_for(const Plan& plan, const config::Target& target) {
  const config::Profile profile = plan.recipe.profile(plan.profile);
  Placeholders values = config::target_placeholders(target);
  values["profile"] = profile.tool;
  values["profile_dir"] = profile.dir;
  values["output"] = plan.recipe.output;
  values["project"] = plan.workspace.project;
  values["jobs"] = std::to_string(job_count(plan));
  return values;
}

image::Image unmade_image(const image::Chain& chain) {
  image::Image image;
  const bool has_rust = std::any_of(chain.steps.begin(), chain.steps.end(),
                                    [](const image::Step& step) { return step.kind == image::StepKind::rust; });
  image.name = chain.reference.text;
  image.toolchain = has_rust ? image::rust_folder : "/usr";
  image.path = image::usual_path;
  return image;
}

Result<TargetPlan> on_image(const Plan& plan, const TargetPlan& planned, image::Image image) {
  return TargetPlanner(plan, planned, std::move(image)).make();
}

}  // namespace larder::builds
