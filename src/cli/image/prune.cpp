#include <memory>
#include <nlohmann/json.hpp>

#include "cli/image/image_commands.hpp"
#include "cli/image/removal.hpp"
#include "cli/output.hpp"

namespace larder::cli {
namespace {

Result<int> prune_images(const ImageRemoval& options) {
  Os os;
  TRY_ASSIGN(const store::Store store, store::open_default_store(os));
  TRY_ASSIGN(const auto images, read_listed_images(store));
  const auto unused = unused_images(images);
  if (!unused.empty()) return remove_images(store, unused, options);
  if (options.json)
    print_json({{"removed", nlohmann::json::array()}, {"freed_bytes", 0}});
  else
    print("Nothing to remove.\n");
  return 0;
}

}  // namespace

void add_image_prune_command(const Command& image) {
  const auto options = std::make_shared<ImageRemoval>();
  const Command command = image.add_command("prune", "Remove the images that no project has built on");
  add_removal_options(command, *options);
  command.set_action([options] { return prune_images(*options); });
}

}  // namespace larder::cli
