#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/confirm.hpp"
#include "cli/existing_store.hpp"
#include "cli/image/commands.hpp"
#include "cli/image/list.hpp"
#include "cli/output.hpp"
#include "store/space/cleaning.hpp"

namespace larder::cli {
namespace {

struct StoredImageOptions {
  std::vector<std::string> images;
  bool yes = false;
  bool json = false;
};

Result<int> list_images(const StoredImageOptions& options) {
  Os os;
  TRY_ASSIGN(const std::string path, store::default_store_path());
  TRY_ASSIGN(const auto store, open_existing_store(os, path));
  std::vector<ListedImage> images;
  if (store) {
    TRY_ASSIGN(images, read_listed_images(*store));
  }
  if (options.json)
    print_json({{"store", path}, {"images", images_to_json(images)}});
  else if (images.empty())
    say("No images yet in " + path + ": the first `larder build` prepares one, or `larder image build`.");
  else
    print(format_images(images, std::time(nullptr)));
  return 0;
}

/// Images are volumes like others: what is removed is told, asked, and collected as by `cache clean`.
Result<int> remove(const store::Store& store, const std::vector<ListedImage>& images,
                   const StoredImageOptions& options) {
  TRY_ASSIGN(const auto candidates, store::read_candidates(store));
  std::vector<store::CleanCandidate> selected;
  for (const ListedImage& image : images) selected.push_back({image.stored.key, image.stored.generation});
  TRY_ASSIGN(const store::Cleaning cleaning, store::Cleaning::prepare(store, candidates, std::move(selected)));
  if (!options.json) print(format_images(images, std::time(nullptr)));
  const std::string question = fmt::format("Remove {} image{}, freeing about {}?", images.size(),
                                           images.size() == 1 ? "" : "s", format_bytes(cleaning.about_bytes()));
  if (!options.yes && !confirm(question)) {
    say("Nothing was removed.");
    return 0;
  }
  TRY_ASSIGN(const store::CleanOutcome outcome, cleaning.run());
  if (options.json)
    print_json({{"removed", images_to_json(images)}, {"freed_bytes", outcome.freed_bytes}});
  else
    print(fmt::format("Removed {} image{}, freed {}.\n", images.size(), images.size() == 1 ? "" : "s",
                      format_bytes(outcome.freed_bytes)));
  return 0;
}

Status may_remove(const StoredImageOptions& options) {
  if (options.yes || can_ask()) return {};
  return fail(ErrorCode::usage, "removing asks first, and there is no terminal to ask on", {},
              "add `--yes` to remove without a question");
}

Result<int> run_remove(const StoredImageOptions& options) {
  TRY(may_remove(options));
  Os os;
  TRY_ASSIGN(const store::Store store, store::open_default_store(os));
  TRY_ASSIGN(const auto images, read_listed_images(store));
  std::vector<ListedImage> chosen;
  for (const std::string& text : options.images) {
    TRY_ASSIGN(ListedImage image, choose_image(images, text));
    const bool known = std::any_of(chosen.begin(), chosen.end(),
                                   [&](const ListedImage& other) { return other.stored.key == image.stored.key; });
    if (!known) chosen.push_back(std::move(image));
  }
  return remove(store, chosen, options);
}

Result<int> prune_images(const StoredImageOptions& options) {
  TRY(may_remove(options));
  Os os;
  TRY_ASSIGN(const store::Store store, store::open_default_store(os));
  TRY_ASSIGN(const auto images, read_listed_images(store));
  const auto unused = unused_images(images);
  if (!unused.empty()) return remove(store, unused, options);
  if (options.json)
    print_json({{"removed", nlohmann::json::array()}, {"freed_bytes", 0}});
  else
    print("Nothing to remove.\n");
  return 0;
}

}  // namespace

void add_image_store_commands(const Command& image) {
  const auto options = std::make_shared<StoredImageOptions>();
  const Command list = image.add_command("list", "The images in the store, their sizes and what uses them");
  list.add_flag("--json", options->json, "Print the images as JSON");
  list.set_action([options] { return list_images(*options); });
  const Command rm = image.add_command("rm", "Remove images; those made from them stay whole");
  rm.add_option("digest", options->images, "The beginnings of their digests").required();
  rm.set_action([options] { return run_remove(*options); });
  const Command prune = image.add_command("prune", "Remove the images that no project has built on");
  prune.set_action([options] { return prune_images(*options); });
  for (const Command& command : {rm, prune}) {
    command.add_flag("-y,--yes", options->yes, "Do not ask");
    command.add_flag("--json", options->json, "Print what was removed as JSON");
    command.set_footer("An image that a build is using is never touched: then nothing is removed.");
  }
}

void add_image_command(const Command& larder) {
  const Command image = larder.add_command("image", "Prepare, show and remove the images that builds run on");
  if (!image.is_asked_for()) return;
  add_image_store_commands(image);
  add_image_project_commands(image);
}

}  // namespace larder::cli
