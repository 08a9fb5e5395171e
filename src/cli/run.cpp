#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "builds/plan/make_plan.hpp"
#include "builds/run/context.hpp"
#include "builds/run/fork_requests.hpp"
#include "builds/run/open_engine.hpp"
#include "builds/run/run_spec.hpp"
#include "builds/run/target_view.hpp"
#include "cli/commands.hpp"
#include "cli/consent.hpp"
#include "cli/engine_options.hpp"
#include "cli/offers.hpp"
#include "cli/output.hpp"
#include "cli/project_images.hpp"
#include "cli/terminal_proxy.hpp"
#include "config/tables.hpp"
#include "store/care/upkeep.hpp"
#include "store/space/room.hpp"
#include "store/store.hpp"

namespace larder::cli {
namespace {

struct RunOptions {
  std::string target;
  builds::Request request;
  std::string folder = ".";
  bool network = false;
  builds::ProvideOptions image;
};

/// The volumes that a command of the user's sees, forked for writing, so that everything works as in a build, and
/// thrown away. The command works in the project's real folder, so a compiled volume that needs a view of it is not
/// shown.
Result<store::Transaction> fork_volumes(const builds::Plan& plan, const builds::VolumeHome& home,
                                        const std::string& what) {
  const builds::TargetPlan& target = plan.targets.front();
  auto requests = builds::input_requests(plan, target, store::Access::write);
  store::ForkRequest compiled{target.compiled, store::Access::write};
  std::optional<builds::TargetView> view;
  if (!home.plain && !plan.recipe.output.empty()) {
    TRY_ASSIGN(auto state, builds::look_at_project(plan, home.store));
    view.emplace(plan, home.store, std::move(state));
    compiled.choose = view->plain_chooser();
  }
  requests.push_back(std::move(compiled));
  TRY_ASSIGN(auto transaction, store::Transaction::begin(home.store, std::move(requests), builds::holder(plan, what)));
  if (view && !view->reason().empty())
    say(fmt::format("{}: {}, starts from nothing", target.compiled.key.name(), view->reason()));
  return transaction;
}

/// As container engines' refusals have it, too.
std::string missing(const std::string& program) { return fmt::format("the image has no program `{}`", program); }

/// As shells and env(1) have it.
int say_missing(const std::string& program) {
  print_error({ErrorCode::environment,
               missing(printable(program)),
               {},
               "`packages` in [build] of larder.toml adds Debian's to an image that Larder makes; on the machine's own "
               "root, install it there",
               0});
  return engine::program_not_found;
}

/// Where the file lies on this machine that a command of the project names by a path; empty where that cannot be told.
std::string place_of(const builds::Plan& plan, const engine::Spec& spec, const std::string& program) {
  const builds::Workspace& workspace = plan.workspace;
  if (!program.starts_with('/')) return (workspace.start.empty() ? workspace.folder : workspace.start) + "/" + program;
  if (program.starts_with(workspace.place + "/")) return workspace.folder + program.substr(workspace.place.size());
  return spec.image_root || !spec.container.image.empty() ? "" : program;
}

/// Says why the kernel has not started the file that a command names by a path, and gives the exit code of that; no
/// value where it was something else.
std::optional<int> say_not_started(const builds::Plan& plan, const engine::Spec& spec, const std::string& program) {
  if (!program.empty() && program.find('/') == std::string::npos) return std::nullopt;
  const std::string file = program.empty() ? "" : place_of(plan, spec, program);
  struct stat status {};
  Error error{ErrorCode::environment, fmt::format("`{}` cannot be started", printable(program)), {}, {}, 0};
  int number = program.empty() ? ENOENT : 0;
  if (!file.empty() && ::stat(file.c_str(), &status) != 0) number = errno;
  if (number == 0 && (file.empty() || (S_ISREG(status.st_mode) && (status.st_mode & 0111U) != 0))) {
    number = ENOENT;
    error.hint = "see whether the interpreter that its first line names is in the image";
  } else if (number == 0) {
    number = EACCES;
    error.hint = "see whether it is a file that may be executed (`chmod +x`)";
  }
  error.cause = std::strerror(number);
  print_error(error);
  return number == ENOENT ? engine::program_not_found : engine::program_not_started;
}

Result<int> run_in_sandbox(const RunOptions& options, const config::Command& command) {
  builds::Request request = options.request;
  request.targets = {options.target};
  request.emulator = true;
  request.network = options.network;
  request.offline = options.image.offline;
  request.locked = options.image.locked;
  request.start = options.folder;
  ProjectImages images(options.image, Verbosity::normal);
  TRY_ASSIGN(builds::Plan plan, builds::make_plan(builds::find_project_folder(options.folder), request));
  tell_consent(plan.consent, false);
  TRY_ASSIGN(plan, builds::provide(std::move(plan), images));
  Os os;
  TRY_ASSIGN(const store::Store store, store::open_default_store(os));
  TRY_ASSIGN(const builds::OpenEngine opened, builds::open_engine(plan, store));
  const builds::VolumeHome home{store, opened.plain};
  TRY_ASSIGN(const store::Transaction transaction,
             store::with_room(store, [&] { return fork_volumes(plan, home, "run " + options.target); }));
  TRY_ASSIGN(engine::Spec spec,
             builds::make_spec(plan, plan.targets.front(), home, transaction, builds::Phase::hand, nullptr));
  spec.command = builds::with_files(plan.targets.front().files, command);
  auto code = run_for_caller(*opened.engine, spec);
  const bool is_missing =
      !code && (builds::lacks_program(store, spec) || code.error().message == missing(spec.command.front()));
  if (is_missing) code = say_missing(spec.command.front());
  if (!code && code.error().message == engine::sandbox_not_started)
    if (const auto said = say_not_started(plan, spec, command.front())) code = *said;
  if (!spec.container.output.empty())
    (void)remove_tree(os, AT_FDCWD, spec.container.output);  // else the next build does
  return code;
}

/// Where one word alone is said, it may be the command, and the target is forgotten.
Result<int> no_command(const std::string& target) {
  TRY_ASSIGN(const config::TargetTable targets, config::load_targets(config::user_config_dir()));
  const std::string way = "larder run TARGET COMMAND";
  if (targets.find(target)) return fail(ErrorCode::usage, "no command to run", {}, way);
  return fail(ErrorCode::usage, fmt::format("'{}' is no target, and there is no command behind it", printable(target)),
              {}, fmt::format("{}; targets are {}", way, join_words(targets.names())));
}

Command add_command(const Command& larder, const std::string& name, const std::string& description,
                    RunOptions& options) {
  const Command command = larder.add_command(name, description);
  if (!command.is_asked_for()) return command;
  command.add_option("target", options.target, "The target's short name, such as x64")
      .required()
      .offers(offer_targets());
  command.add_option("--profile", options.request.profile, "The build profile, as for build").offers(offer_profiles());
  add_env_option(command, options.request);
  add_trust_option(command, options.request.consent);
  command.add_flag("--network", options.network, "With the machine's network");
  add_engine_options(command, options.request);
  add_image_options(command, options.image);
  command.add_option("-C,--project", options.folder, "The project's folder").value_name("DIR").offers(offer_folders());
  return command;
}

}  // namespace

void add_run_command(const Command& larder) {
  const auto options = std::make_shared<RunOptions>();
  const Command command = add_command(larder, "run", "Run a command in a target's build environment", *options);
  command.takes_command();
  command.set_footer(
      "larder run arm64 cargo tree\n"
      "What the command changes in the caches is thrown away; the project's folder is the real one.");
  command.set_action_with_tail([options](const std::vector<std::string>& tail) -> Result<int> {
    if (tail.empty()) return no_command(options->target);
    return run_in_sandbox(*options, tail);
  });
}

void add_shell_command(const Command& larder) {
  const auto options = std::make_shared<RunOptions>();
  const Command command = add_command(larder, "shell", "Open a shell in a target's build environment", *options);
  command.set_footer("What is changed in the caches is thrown away; the project's folder is the real one.");
  command.set_action([options] {
    return run_in_sandbox(*options, {"sh", "-c", "command -v bash >/dev/null && exec bash; exec sh"});
  });
}

}  // namespace larder::cli
