#include "cli/image/removal.hpp"

#include <fmt/format.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/confirm.hpp"
#include "cli/output.hpp"
#include "engine/container/handed_image.hpp"
#include "store/space/cleaning.hpp"

namespace larder::cli {
namespace {

std::string count_images(size_t count) { return fmt::format("{} image{}", count, count == 1 ? "" : "s"); }

/// Takes the images away from the container engines, too, to which this store has given them.
void remove_from_engines(const store::Store& store, const std::vector<ListedImage>& images) {
  for (const config::EngineTraits& engine : config::engines) {
    if (!engine.is_container_engine) continue;
    const auto client = engine::find_client(*engine::dialect_of(engine.kind));
    if (!client) continue;
    for (const ListedImage& image : images) (void)engine::remove_handed(*client, store, image.stored.record.digest);
  }
}

}  // namespace

void add_removal_options(const Command& command, ImageRemoval& options) {
  command.add_flag("-y,--yes", options.yes, "Do not ask");
  command.add_flag("--json", options.json, "Print what was removed as JSON");
  command.set_footer("An image that a build is using is never touched: then nothing is removed.");
}

Result<int> remove_images(const store::Store& store, const std::vector<ListedImage>& images,
                          const ImageRemoval& options) {
  if (!options.yes && !can_ask())
    return fail(ErrorCode::usage, "removing asks first, and there is no terminal to ask on", {},
                "add `--yes` to remove without a question");
  TRY_ASSIGN(const auto candidates, store::read_candidates(store));
  std::vector<store::CleanCandidate> selected;
  for (const ListedImage& image : images) selected.push_back({image.stored.key, image.stored.generation});
  TRY_ASSIGN(const store::Cleaning cleaning, store::Cleaning::prepare(store, candidates, std::move(selected)));
  if (!options.json) print(format_images(images, std::time(nullptr)));
  const std::string question =
      fmt::format("Remove {}, freeing about {}?", count_images(images.size()), format_bytes(cleaning.about_bytes()));
  if (!options.yes && !confirm(question)) {
    say("Nothing was removed.");
    return 0;
  }
  TRY_ASSIGN(const store::CleanOutcome outcome, cleaning.run());
  remove_from_engines(store, images);
  if (options.json)
    print_json({{"removed", images_to_json(images)}, {"freed_bytes", outcome.freed_bytes}});
  else
    print(fmt::format("Removed {}, freed {}.\n", count_images(images.size()), format_bytes(outcome.freed_bytes)));
  return 0;
}

}  // namespace larder::cli
