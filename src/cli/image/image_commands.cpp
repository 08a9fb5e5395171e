#include "cli/image/image_commands.hpp"

#include "cli/commands.hpp"

namespace larder::cli {

void add_image_command(const Command& larder) {
  const Command image = larder.add_command("image", "Prepare, show and remove the images that builds run on");
  if (!image.is_asked_for()) return;
  add_image_list_command(image);
  add_image_rm_command(image);
  add_image_prune_command(image);
  add_image_build_command(image);
  add_image_show_command(image);
  add_image_outdated_command(image);
  add_image_update_command(image);
  add_image_shell_command(image);
}

}  // namespace larder::cli
