#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/image/image_commands.hpp"
#include "cli/image/image_plan.hpp"
#include "cli/image/listed_images.hpp"
#include "cli/output.hpp"
#include "cli/project_images.hpp"

namespace larder::cli {
namespace {

using nlohmann::json;

/// The images as a table and as JSON, a row and an entry for each step.
struct ShownImages {
  std::vector<std::vector<std::string>> rows;
  json data = json::array();

  void add(const builds::TargetPlan& target, const image::PinnedChain& chain) {
    json steps = json::array();
    rows.push_back({target.target.name, target.image.name, digest_text(target.image.digest)});
    const auto& pinned = chain.records;
    for (size_t i = 0; i < chain.steps.size(); ++i) {
      const image::Step& step = chain.steps[i];
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
};

Result<int> show_images(ImagePlanOptions options) {
  options.image.look_only = true;
  ProjectImages images(options.image, Verbosity::quiet);
  TRY_ASSIGN(const builds::Plan plan, plan_images(options, images));
  TRY_ASSIGN(const image::Lock lock, image::Lock::load(plan.workspace.settings));
  ShownImages shown;
  for (const builds::TargetPlan& target : plan.targets)
    shown.add(target, pinned_chain(target, lock, plan.machine.debian_arch));
  if (options.json)
    print_json({{"images", shown.data}});
  else
    print(format_table(shown.rows));
  return 0;
}

}  // namespace

void add_image_show_command(const Command& image) {
  const auto options = std::make_shared<ImagePlanOptions>();
  const Command command =
      add_image_plan_command(image, "show", "What the images of the project's targets are made of", *options);
  add_all_and_json(command, *options);
  command.set_action([options] { return show_images(*options); });
}

}  // namespace larder::cli
