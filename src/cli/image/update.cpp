#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/image/image_commands.hpp"
#include "cli/image/image_plan.hpp"
#include "cli/image/listed_images.hpp"
#include "cli/output.hpp"
#include "cli/project_images.hpp"
#include "cli/upkeep.hpp"
#include "image/dpkg.hpp"

namespace larder::cli {
namespace {

using nlohmann::json;

/// Takes each image from the newest that there is.
class Renewing final : public builds::Images {
 public:
  explicit Renewing(ProjectImages& images) : images_(images) {}
  Result<std::vector<image::Image>> provide(const std::vector<builds::WantedImage>& wanted, const std::string& machine,
                                            const std::string& folder) override {
    return images_.renew(wanted, machine, folder);
  }
  void need(const builds::NeededChains& find_chains) override { images_.need(find_chains); }

 private:
  ProjectImages& images_;
};

std::vector<std::string> packages_of(const std::vector<image::StepRecord>& records) {
  std::vector<std::string> packages;
  for (const image::StepRecord& record : records)
    packages.insert(packages.end(), record.packages.begin(), record.packages.end());
  return packages;
}

/// Which base it is: Debian's may be made here, or a registry's.
std::string name_of_source(const image::StepRecord& base) {
  return base.source.empty() ? "of Debian's packages" : short_digest(base.source);
}

std::vector<std::string> changes_between(const std::vector<image::StepRecord>& before,
                                         const std::vector<image::StepRecord>& after) {
  std::vector<std::string> changes = image::package_changes(packages_of(before), packages_of(after));
  if (before.empty() || after.empty() || before.front().source == after.front().source) return changes;
  changes.insert(changes.begin(), fmt::format("{} {} → {}", after.front().step.describe(),
                                              name_of_source(before.front()), name_of_source(after.front())));
  return changes;
}

/// The machine's own root and a container engine's images are pinned by nothing.
bool pins_any(const builds::Plan& plan) {
  return std::any_of(plan.targets.begin(), plan.targets.end(),
                     [](const builds::TargetPlan& target) { return target.chain.has_value(); });
}

void print_changes(const builds::Plan& plan, const image::Lock& before, const image::Lock& after, bool as_json) {
  json data = json::array();
  std::string text;
  for (const builds::TargetPlan& target : plan.targets) {
    const auto changes = changes_between(pinned_chain(target, before, plan.machine.debian_arch).records,
                                         pinned_chain(target, after, plan.machine.debian_arch).records);
    data.push_back({{"target", target.target.name}, {"digest", target.image.digest}, {"changes", changes}});
    text += fmt::format("{}  {} {}{}\n", target.target.name, target.image.name, short_digest(target.image.digest),
                        changes.empty() ? "  nothing has changed" : "");
    for (const std::string& change : changes) text += "  " + change + "\n";
  }
  if (as_json)
    print_json({{"images", data}});
  else
    print(text);
}

Result<int> update_images(const ImagePlanOptions& options) {
  ImagePlanOptions updating = options;
  TRY_ASSIGN(updating.request, pinned_targets(options));
  updating.request.start = options.folder;
  TRY_ASSIGN(builds::Plan plan, builds::make_plan(builds::find_project_folder(options.folder), updating.request));
  const std::string folder = plan.workspace.settings;
  TRY_ASSIGN(const image::Lock before, image::Lock::load(folder));
  ProjectImages images(options.image, options.json ? Verbosity::quiet : Verbosity::normal);
  Renewing renewing(images);
  TRY_ASSIGN(plan, builds::provide(std::move(plan), renewing));
  if (pins_any(plan)) TRY(images.save(folder, plan.machine.debian_arch));
  TRY_ASSIGN(const image::Lock after, image::Lock::load(folder));
  print_changes(plan, before, after, options.json);
  Os os;
  TRY_ASSIGN(const store::Store store, store::open_default_store(os));
  TRY(keep_up(store, plan.limits));
  return 0;
}

}  // namespace

void add_image_update_command(const Command& image) {
  const auto options = std::make_shared<ImagePlanOptions>();
  const Command command = add_image_plan_command(
      image, "update", "Move what larder.lock pins to the newest there is, and say what changes", *options);
  add_all_and_json(command, *options);
  command.set_action([options] { return update_images(*options); });
}

}  // namespace larder::cli
