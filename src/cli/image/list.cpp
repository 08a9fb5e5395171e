#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/existing_store.hpp"
#include "cli/image/image_commands.hpp"
#include "cli/image/listed_images.hpp"
#include "cli/output.hpp"

namespace larder::cli {
namespace {

Result<int> list_images(bool as_json) {
  Os os;
  TRY_ASSIGN(const std::string path, store::default_store_path());
  TRY_ASSIGN(const auto store, open_existing_store(os, path));
  std::vector<ListedImage> images;
  if (store) {
    TRY_ASSIGN(images, read_listed_images(*store));
  }
  if (as_json)
    print_json({{"store", path}, {"images", images_to_json(images)}});
  else if (images.empty())
    say("No images yet in " + path + ": the first `larder build` prepares one, or `larder image build`.");
  else
    print(format_images(images, std::time(nullptr)));
  return 0;
}

}  // namespace

void add_image_list_command(const Command& image) {
  const auto as_json = std::make_shared<bool>(false);
  const Command command = image.add_command("list", "The images in the store, their sizes and what uses them");
  command.add_flag("--json", *as_json, "Print the images as JSON");
  command.set_action([as_json] { return list_images(*as_json); });
}

}  // namespace larder::cli
