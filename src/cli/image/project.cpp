#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.hpp"
#include "builds/plan/make_plan.hpp"
#include "builds/run/context.hpp"
#include "builds/run/run_spec.hpp"
#include "cli/image/commands.hpp"
#include "cli/image/list.hpp"
#include "cli/output.hpp"
#include "cli/project_images.hpp"
#include "cli/terminal_proxy.hpp"
#include "cli/upkeep.hpp"
#include "engine/native.hpp"
#include "image/dpkg.hpp"
#include "store/care/upkeep.hpp"

namespace larder::cli {
namespace {

using nlohmann::json;

struct ImageOptions {
  builds::Request request;
  builds::ProvideOptions image;
  std::string folder = ".";
  bool json = false;
};

struct Opened {
  std::string folder;
  builds::Plan plan;
};

Result<Opened> plan_with(const ImageOptions& options, builds::Images& images) {
  Opened opened{builds::find_project_folder(options.folder), {}};
  TRY_ASSIGN(opened.plan, builds::make_plan(opened.folder, options.request));
  TRY_ASSIGN(opened.plan, builds::provide(std::move(opened.plan), images));
  return opened;
}

/// The steps of a target's image as far as larder.lock pins them; `image::StepRecord` of each.
std::vector<image::StepRecord> pinned_steps(const builds::TargetPlan& target, const image::Lock& lock,
                                            const std::string& machine) {
  std::vector<image::StepRecord> records;
  if (!target.chain) return records;
  for (const image::Step& step : target.chain->steps) {
    const image::StepRecord* record = lock.find(records.empty() ? "" : records.back().digest, step, machine);
    if (record == nullptr) break;
    records.push_back(*record);
    records.back().step = step;
  }
  return records;
}

std::vector<std::string> packages_of(const std::vector<image::StepRecord>& records) {
  std::vector<std::string> packages;
  for (const image::StepRecord& record : records)
    packages.insert(packages.end(), record.packages.begin(), record.packages.end());
  return packages;
}

std::string digest_shown(const std::string& digest) { return digest.empty() ? "not here yet" : short_digest(digest); }

Result<int> run_build(const ImageOptions& options) {
  ProjectImages images(options.image, options.json ? Verbosity::quiet : Verbosity::normal);
  TRY_ASSIGN(const Opened opened, plan_with(options, images));
  json data = json::array();
  std::vector<std::vector<std::string>> rows;
  for (const builds::TargetPlan& target : opened.plan.targets) {
    rows.push_back({target.target.name, target.image.name, digest_shown(target.image.digest)});
    data.push_back({{"target", target.target.name}, {"image", target.image.name}, {"digest", target.image.digest}});
  }
  if (options.json)
    print_json({{"images", data}});
  else
    print(format_table(rows));
  Os os;
  TRY_ASSIGN(const store::Store store, store::open_default_store(os));
  TRY(keep_up(store, opened.plan.limits));
  return 0;
}

Result<int> show_images(const ImageOptions& options) {
  builds::ProvideOptions look = options.image;
  look.look_only = true;
  ProjectImages images(look, Verbosity::quiet);
  TRY_ASSIGN(const Opened opened, plan_with(options, images));
  TRY_ASSIGN(const image::Lock lock, image::Lock::load(opened.plan.workspace.folder));
  json data = json::array();
  std::vector<std::vector<std::string>> rows;
  for (const builds::TargetPlan& target : opened.plan.targets) {
    json steps = json::array();
    rows.push_back({target.target.name, target.image.name, digest_shown(target.image.digest)});
    const auto pinned = pinned_steps(target, lock, opened.plan.machine.debian_arch);
    const size_t count = target.chain ? target.chain->steps.size() : 0;
    for (size_t i = 0; i < count; ++i) {
      const image::Step& step = target.chain->steps[i];
      const bool known = i < pinned.size();
      rows.push_back({"", "  " + step.describe(), known ? short_digest(pinned[i].digest) : "not pinned yet",
                      known ? fmt::format("{} packages", pinned[i].packages.size()) : ""});
      steps.push_back(known ? to_json(pinned[i]) : json{{"kind", to_string(step.kind)}, {"request", step.request}});
    }
    data.push_back({{"target", target.target.name},
                    {"image", target.image.name},
                    {"digest", target.image.digest},
                    {"steps", steps}});
  }
  if (options.json)
    print_json({{"images", data}});
  else
    print(format_table(rows));
  return 0;
}

/// Takes each image from the newest that there is.
class Renewing final : public builds::Images {
 public:
  explicit Renewing(ProjectImages& images) : images_(images) {}
  Result<std::vector<image::Image>> provide(const std::vector<builds::WantedImage>& wanted, const std::string& machine,
                                            const std::string& folder) override {
    return images_.renew(wanted, machine, folder);
  }

 private:
  ProjectImages& images_;
};

/// The targets to update: those asked for, else those that are pinned.
Result<builds::Request> targets_to_update(const ImageOptions& options) {
  builds::Request request = options.request;
  if (!request.targets.empty() || request.all) return request;
  builds::ProvideOptions look;
  look.look_only = true;
  ProjectImages images(look, Verbosity::quiet);
  ImageOptions all = options;
  all.request.all = true;
  TRY_ASSIGN(const Opened opened, plan_with(all, images));
  TRY_ASSIGN(const image::Lock lock, image::Lock::load(opened.plan.workspace.folder));
  for (const builds::TargetPlan& target : opened.plan.targets)
    if (target.chain &&
        pinned_steps(target, lock, opened.plan.machine.debian_arch).size() == target.chain->steps.size())
      request.targets.push_back(target.target.name);
  return request;
}

std::vector<std::string> changes_between(const std::vector<image::StepRecord>& before,
                                         const std::vector<image::StepRecord>& after) {
  std::vector<std::string> changes = image::package_changes(packages_of(before), packages_of(after));
  if (before.empty() || after.empty() || before.front().source == after.front().source) return changes;
  changes.insert(changes.begin(), fmt::format("{} {} → {}", after.front().step.describe(),
                                              short_digest(before.front().source), short_digest(after.front().source)));
  return changes;
}

Result<int> run_update(const ImageOptions& options) {
  TRY_ASSIGN(const builds::Request request, targets_to_update(options));
  ImageOptions updating = options;
  updating.request = request;
  const std::string folder = builds::find_project_folder(options.folder);
  TRY_ASSIGN(const image::Lock before, image::Lock::load(folder));
  ProjectImages images(options.image, options.json ? Verbosity::quiet : Verbosity::normal);
  Renewing renewing(images);
  TRY_ASSIGN(const Opened opened, plan_with(updating, renewing));
  TRY(images.save(opened.plan.workspace.folder, options.request.targets.empty()));
  TRY_ASSIGN(const image::Lock after, image::Lock::load(folder));
  json data = json::array();
  std::string text;
  for (const builds::TargetPlan& target : opened.plan.targets) {
    const auto changes = changes_between(pinned_steps(target, before, opened.plan.machine.debian_arch),
                                         pinned_steps(target, after, opened.plan.machine.debian_arch));
    data.push_back({{"target", target.target.name}, {"digest", target.image.digest}, {"changes", changes}});
    text += fmt::format("{}  {} {}{}\n", target.target.name, target.image.name, short_digest(target.image.digest),
                        changes.empty() ? "  nothing has changed" : "");
    for (const std::string& change : changes) text += "  " + change + "\n";
  }
  if (options.json)
    print_json({{"images", data}});
  else
    print(text);
  Os os;
  TRY_ASSIGN(const store::Store store, store::open_default_store(os));
  TRY(keep_up(store, opened.plan.limits));
  return 0;
}

/// As root in the target's image, with the network: a place to try packages and commands before they go into
/// larder.toml.
Result<int> run_shell(const ImageOptions& options, const std::vector<std::string>& tail) {
  ProjectImages images(options.image, Verbosity::normal);
  TRY_ASSIGN(const Opened opened, plan_with(options, images));
  const builds::TargetPlan& target = opened.plan.targets.front();
  if (!target.image.volume)
    return fail(ErrorCode::usage, fmt::format("the image of {} is not in the store", target.target.name),
                fmt::format("it is {}", target.image.name), "`larder shell` opens a shell in any build environment");
  Os os;
  TRY_ASSIGN(const store::Store store, store::open_default_store(os));
  TRY_ASSIGN(const store::Transaction transaction,
             store::Transaction::begin(store, {{*target.image.volume, store::Access::read, {}, {}}},
                                       builds::holder(opened.plan, "image shell")));
  const std::vector<std::string> shell = {"sh", "-c", "command -v bash >/dev/null && exec bash; exec sh"};
  TRY_ASSIGN(engine::Spec spec,
             builds::make_image_spec(opened.plan, target, store, transaction, tail.empty() ? shell : tail));
  engine::NativeEngine engine;
  return run_for_caller(engine, std::move(spec));
}

Command add(const Command& image, const std::string& name, const std::string& text, ImageOptions& options) {
  const Command command = image.add_command(name, text);
  command.add_option("target", options.request.targets, "Targets by their short names, such as x64 or musl-arm64");
  command.add_option("--image", options.request.image, "Another image than the project's").value_name("IMAGE");
  command.add_option("-C,--project", options.folder, "The project's folder").value_name("DIR");
  return command;
}

}  // namespace

void add_image_project_commands(const Command& image) {
  const auto options = std::make_shared<ImageOptions>();
  const Command build = add(image, "build", "Prepare the images of the project's targets, and pin them", *options);
  const Command show = add(image, "show", "What the images of the project's targets are made of", *options);
  const Command update =
      add(image, "update", "Move what larder.lock pins to the newest there is, and say what changes", *options);
  for (const Command& command : {build, show, update}) {
    command.add_flag("--all", options->request.all, "All targets of the project, or the four that Larder is made for");
    command.add_flag("--json", options->json, "Print it as JSON");
  }
  add_image_options(build, options->image);
  const Command shell = add(image, "shell", "Open a shell as root in the image of a target", *options);
  shell.set_footer(
      "larder image shell arm64\nWhat is changed in the image is thrown away; the project's folder is the real one.");
  build.set_action([options] { return run_build(*options); });
  show.set_action([options] { return show_images(*options); });
  update.set_action([options] { return run_update(*options); });
  shell.set_action_with_tail([options](const std::vector<std::string>& tail) { return run_shell(*options, tail); });
}

}  // namespace larder::cli
