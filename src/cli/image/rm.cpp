#include <algorithm>
#include <memory>

#include "cli/image/image_commands.hpp"
#include "cli/image/removal.hpp"
#include "cli/offers.hpp"

namespace larder::cli {
namespace {

struct RmOptions {
  std::vector<std::string> images;
  ImageRemoval removal;
};

Result<int> run_rm(const RmOptions& options) {
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
  return remove_images(store, chosen, options.removal);
}

}  // namespace

void add_image_rm_command(const Command& image) {
  const auto options = std::make_shared<RmOptions>();
  const Command command = image.add_command("rm", "Remove images; those made from them stay whole");
  command.add_option("digest", options->images, "The beginnings of their digests").required().offers(offer_images());
  add_removal_options(command, options->removal);
  command.set_action([options] { return run_rm(*options); });
}

}  // namespace larder::cli
