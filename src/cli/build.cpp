#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.hpp"
#include "builds/plan/make_plan.hpp"
#include "builds/plan/open_remote.hpp"
#include "builds/run/open_engine.hpp"
#include "builds/run/remote_push.hpp"
#include "builds/run/runner.hpp"
#include "cli/annotations.hpp"
#include "cli/commands.hpp"
#include "cli/consent.hpp"
#include "cli/engine_options.hpp"
#include "cli/offers.hpp"
#include "cli/output.hpp"
#include "cli/plan_text.hpp"
#include "cli/project_images.hpp"
#include "cli/summary.hpp"
#include "cli/upkeep.hpp"
#include "cli/view/view_text.hpp"
#include "cli/view/views.hpp"
#include "config/tables.hpp"
#include "store/branch/ref.hpp"

namespace larder::cli {
namespace {

struct BuildOptions {
  builds::Request request;
  std::string folder = ".";
  bool release = false;
  bool dry_run = false;
  bool verbose = false;
  bool quiet = false;
  bool json = false;
  bool durable = false;
  builds::RunOptions run;
  builds::ProvideOptions image;
};

/// What tests say is what they are run for.
Verbosity verbosity(const BuildOptions& options) {
  if (options.verbose || (options.request.test && !options.quiet && !options.json)) return Verbosity::verbose;
  return options.quiet || options.json ? Verbosity::quiet : Verbosity::normal;
}

/// Once for each project, at its first build: what it says and does not get, and which of several recipes is taken;
/// each time, what of the caller's environment and settings has no effect.
Status tell_recipe(const builds::Plan& plan, const store::Store& store) {
  for (const std::string& note : plan.caller_notes) say("note: " + note);
  if (plan.recipe_note.empty() && plan.notes.empty()) return {};
  TRY_ASSIGN(const auto built, store::current_generation(store, plan.targets.front().compiled.key));
  if (built) return {};
  for (const std::string& note : plan.notes) say("note: " + note);
  if (!plan.recipe_note.empty()) say("note: " + plan.recipe_note);
  return {};
}

/// What a build has of a registry. One that cannot be had is no reason not to build.
Result<std::optional<share::Remote>> remote_of(const builds::Plan& plan) {
  const builds::RemotePlan& said = plan.remote;
  const bool is_wanted = said.pull != builds::PullPolicy::never || said.push != builds::PushPolicy::never;
  if (said.repository.empty() || !is_wanted || plan.offline) return std::optional<share::Remote>();
  auto remote = builds::open_remote(said, plan.workspace);
  if (remote) return std::optional(std::move(*remote));
  if (remote.error().code == ErrorCode::usage) return fail(remote.error());
  say(fmt::format("note: built without {}: {}; {}", said.repository, remote.error().message, remote.error().hint));
  return std::optional<share::Remote>();
}

void tell_pull(const builds::PullReport& pull) {
  for (const builds::PulledVolume& one : pull.volumes)
    say(clean_line(
        fmt::format("{}: pulled {} of {}{}", one.volume, format_bytes(one.pulled_bytes), format_bytes(one.all_bytes),
                    one.commit.empty() ? "" : ", generation of commit " + one.commit.substr(0, 7)),
        {}));
  if (!pull.note.empty()) say(clean_line("note: " + pull.note, {}));
}

/// Sends what a good build has made, as the policy wants it. Gives what is to be said.
Result<std::string> push_result(const builds::Plan& plan, const store::Store& store, share::Remote& remote,
                                const builds::BuildResult& result) {
  if (plan.remote.push != builds::PushPolicy::never && !plan.remote.distrust.empty())
    return "note: nothing is pushed: " + plan.remote.distrust;
  if (plan.remote.push != builds::PushPolicy::never && remote.line.branch.empty())
    return std::string("note: nothing is pushed: no branch is checked out; LARDER_BRANCH=NAME says which it is");
  const auto keys = builds::volumes_to_push(plan, result, remote.line.branch, remote.line.default_branch);
  if (keys.empty()) return std::string();
  auto key = share::find_signing_key(store.os(), {}, plan.remote.key_file);
  if (!key) return fmt::format("note: nothing is pushed: {}; {}", key.error().message, key.error().hint);
  remote.signing.key = std::move(*key);
  TRY_ASSIGN(const config::RecipeTable recipes, config::load_recipes(config::user_config_dir()));
  const builds::PushJob job{store, remote, keys, recipes};
  if (must_settle_at_once()) return builds::push_now(job);
  builds::push_in_background(job);
  return std::string();
}

nlohmann::json remote_json(const builds::PullReport& pull, const std::string& push) {
  nlohmann::json volumes = nlohmann::json::array();
  for (const builds::PulledVolume& one : pull.volumes)
    volumes.push_back({{"name", one.volume},
                       {"pulled_bytes", one.pulled_bytes},
                       {"size_bytes", one.all_bytes},
                       {"commit", one.commit}});
  return {{"pulled", volumes}, {"note", pull.note}, {"push", push}};
}

Result<int> run_build_command(const BuildOptions& options) {
  builds::Request request = options.request;
  request.offline = options.image.offline;
  request.locked = options.image.locked;
  request.start = options.folder;
  if (options.dry_run) request.consent.ask = nullptr;
  builds::ProvideOptions image = options.image;
  image.look_only = options.dry_run;
  ProjectImages images(image, verbosity(options));
  TRY_ASSIGN(builds::Plan plan, builds::make_plan(builds::find_project_folder(options.folder), request));
  if (!options.dry_run) tell_consent(plan.consent, options.quiet || options.json);
  TRY_ASSIGN(plan, builds::provide(std::move(plan), images));
  if (options.dry_run) {
    if (options.json)
      print_json(to_json(plan));
    else
      print(clean_lines(describe(plan)));
    return 0;
  }
  Os os;
  TRY_ASSIGN(const store::Store store, store::open_default_store(os));
  TRY_ASSIGN(builds::OpenEngine opened, builds::open_engine(plan, store));
  if (!options.quiet && !options.json) {
    tell_engine(plan, opened);
    TRY(tell_recipe(plan, store));
  }
  const Screen screen = detect_screen(STDERR_FILENO);
  const auto progress = make_progress(screen, verbosity(options));
  builds::RunOptions run = options.run;
  run.settle = options.durable || must_settle_at_once() ? builds::Settle::foreground : builds::Settle::background;
  TRY_ASSIGN(auto remote, remote_of(plan));
  run.remote = remote ? &*remote : nullptr;
  TRY_ASSIGN(const builds::BuildResult result,
             builds::run_build(plan, {store, opened.plain}, *opened.engine, *progress, run));
  print_failures(result, shows_output(screen, verbosity(options)));
  tell_github(result, plan.workspace);
  std::string pushed;
  if (remote) {
    TRY_ASSIGN(pushed, push_result(plan, store, *remote, result));
  }
  if (options.json) {
    nlohmann::json data = to_json(result);
    data["consent"] = to_json(plan.consent);
    data["remote"] = remote_json(result.pull, pushed);
    print_json(data);
  } else if (!options.quiet) {
    print(format_summary(result, plan.workspace.folder));
    tell_pull(result.pull);
    if (!pushed.empty()) say(clean_line(pushed, {}));
  }
  return exit_code(result);
}

void add_command(const Command& command, const std::shared_ptr<BuildOptions>& options) {
  command
      .add_option("target", options->request.targets,
                  "Targets by their short names, such as x64 or musl-arm64, or by triples")
      .offers(offer_targets());
  command.add_flag("--all", options->request.all, "All targets of the project, or the four that Larder is made for");
  const Option release = command.add_flag("--release", options->release, "The release profile (the default)");
  command.add_option("--profile", options->request.profile, "The build profile, such as dev")
      .excludes(release)
      .offers(offer_profiles());
  add_env_option(command, options->request);
  add_trust_option(command, options->request.consent);
  command.add_flag("--dry-run", options->dry_run, "Print what would be done, and do nothing");
  const Option verbose = command.add_flag("-v,--verbose", options->verbose, "Show all output of the build tools");
  command.add_flag("-q,--quiet", options->quiet, "Print errors only").excludes(verbose);
  command.add_flag("--json", options->json, "Print the result as JSON");
  command.add_flag("--force", options->run.force, "Start the build tool even where nothing has changed");
  command.add_flag("--durable", options->durable,
                   "Return only when the caches are on disk (always so where CI is set, and in a container that ends "
                   "with this command)");
  const Option is_private = command.add_flag("--private", options->run.private_volumes,
                                             "Wait for no other build of this project, and keep nothing that is "
                                             "compiled");
  command
      .add_option("--wait", options->run.wait_seconds, "Wait at most so long for another build (default: to its end)")
      .value_name("SECONDS")
      .not_negative()
      .excludes(is_private);
  command
      .add_option("--cache-pull", options->request.cache_pull,
                  "Which of the project's volumes to pull from the registry of [cache]: missing, newer or never")
      .one_of(config::pull_words());
  command
      .add_option("--cache-push", options->request.cache_push,
                  "When to push them there after a good build: success, default-branch or never")
      .one_of(config::push_words());
  command.add_flag("--untrusted", options->request.untrusted,
                   "The code is a stranger's: keep what it leaves apart from what other builds start from, and push "
                   "nothing");
  add_engine_options(command, options->request);
  add_image_options(command, options->image);
  command.add_option("-C,--project", options->folder, "The project's folder").value_name("DIR").offers(offer_folders());
  for (const char* jobs : {"-j", "--jobs"})
    command.tell_of(jobs, "`jobs = 4` in [build] of larder.toml says how many run at once, over all targets");
  command.set_action_with_tail([options](const std::vector<std::string>& tail) {
    options->request.tool_args = tail;
    if (options->release) options->request.profile = "release";
    return run_build_command(*options);
  });
}

}  // namespace

void add_build_command(const Command& larder) {
  const Command command = larder.add_command("build", "Build the project for one or more targets");
  if (!command.is_asked_for()) return;
  add_command(command, std::make_shared<BuildOptions>());
  command.set_footer("Arguments after `--` go to the build tool: larder build x64 -- --features tls");
}

void add_test_command(const Command& larder) {
  const Command command = larder.add_command("test", "Run the project's tests for one or more targets");
  if (!command.is_asked_for()) return;
  const auto options = std::make_shared<BuildOptions>();
  options->request.test = true;
  add_command(command, options);
  command.set_footer(
      "A target of another machine runs under qemu. Arguments after `--` go to the build tool: larder test arm64 -- "
      "--lib");
}

}  // namespace larder::cli
