#include <fmt/format.h>

#include <memory>

#include "builds/image/image_step.hpp"
#include "builds/run/context.hpp"
#include "builds/run/run_spec.hpp"
#include "cli/consent.hpp"
#include "cli/image/image_commands.hpp"
#include "cli/image/image_plan.hpp"
#include "cli/output.hpp"
#include "cli/project_images.hpp"
#include "cli/terminal_proxy.hpp"
#include "engine/native.hpp"

namespace larder::cli {
namespace {

/// Of an image that cannot be prepared, what the step that failed runs on: as much of its chain as is in the store. No
/// value where that is nothing.
Result<std::optional<builds::Plan>> plan_in_part(const ImagePlanOptions& options) {
  builds::Request request = options.request;
  request.start = options.folder;
  TRY_ASSIGN(const builds::Plan plan, builds::make_plan(builds::find_project_folder(options.folder), request));
  const auto& chain = plan.targets.front().chain;
  for (size_t steps = chain ? chain->steps.size() : 0; steps > 1; --steps) {
    builds::Plan part = plan;
    part.targets.resize(1);
    part.targets.front().chain->steps.resize(steps - 1);
    builds::ProvideOptions look = options.image;
    look.look_only = true;
    ProjectImages images(look, Verbosity::quiet);
    TRY_ASSIGN(part, builds::provide(std::move(part), images));
    if (part.targets.front().image.volume) return std::optional(std::move(part));
  }
  return std::optional<builds::Plan>();
}

/// The plan with the target's image; where a step of it fails, which may be why somebody opens a shell, with what is
/// there.
Result<builds::Plan> plan_for_shell(const ImagePlanOptions& options) {
  ProjectImages images(options.image, Verbosity::normal);
  auto whole = plan_images(options, images);
  if (whole || whole.error().code != ErrorCode::environment) return whole;
  auto part = plan_in_part(options);
  if (!part || !*part) return whole;
  say("note: " + whole.error().message + (whole.error().cause.empty() ? "" : ": " + whole.error().cause));
  say("note: this is what that step runs on");
  return std::move(**part);
}

/// Runs a shell, or the command of `tail`, as root in the target's image with the network: a place to try packages and
/// commands before they go into larder.toml.
Result<int> run_image_shell(const ImagePlanOptions& options, const std::vector<std::string>& tail) {
  TRY_ASSIGN(const builds::Plan plan, plan_for_shell(options));
  tell_consent(plan.consent, false);
  const builds::TargetPlan& target = plan.targets.front();
  if (!target.image.volume)
    return fail(ErrorCode::usage, fmt::format("the image of {} is not in the store", target.target.name),
                fmt::format("it is {}", target.image.name), "`larder shell` opens a shell in any build environment");
  Os os;
  TRY_ASSIGN(const store::Store store, store::open_default_store(os));
  TRY_ASSIGN(const image::Preparation preparation, image::shell_in(target.chain->reference, tail));
  std::vector<store::ForkRequest> requests = {{*target.image.volume, store::Access::read, {}, {}}};
  if (preparation.uses_apt) {
    TRY_ASSIGN(store::ForkRequest cache, builds::apt_cache(target.chain->reference, store::Access::scratch));
    requests.push_back(std::move(cache));
  }
  TRY_ASSIGN(const store::Transaction transaction,
             store::Transaction::begin(store, std::move(requests), builds::holder(plan, "image shell")));
  TRY_ASSIGN(engine::Spec spec, builds::make_image_spec(plan, target, store, transaction, preparation.command));
  for (const auto& [name, value] : preparation.env) spec.env.emplace(name, value);
  for (const image::TextFile& file : preparation.texts) spec.files.push_back({file.path, file.text});
  spec.extra.insert(spec.extra.end(), preparation.files.begin(), preparation.files.end());
  engine::NativeEngine engine;
  auto code = run_for_caller(engine, spec);
  if (!code && builds::lacks_program(store, spec))
    return fail(ErrorCode::environment, fmt::format("the image has no program `{}`", spec.command.front()), {},
                "`larder run` starts what the image has");
  return code;
}

}  // namespace

void add_image_shell_command(const Command& image) {
  const auto options = std::make_shared<ImagePlanOptions>();
  const Command command =
      add_image_plan_command(image, "shell", "Open a shell as root in the image of a target", *options);
  add_trust_option(command, options->request.consent);
  command.set_footer(
      "larder image shell arm64\nWhat is changed in the image is thrown away; the project's folder is the real one. "
      "apt has its lists there.");
  command.set_action_with_tail(
      [options](const std::vector<std::string>& tail) { return run_image_shell(*options, tail); });
}

}  // namespace larder::cli
