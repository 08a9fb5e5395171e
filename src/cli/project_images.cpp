#include "cli/project_images.hpp"

#include <unistd.h>

#include "cli/view/views.hpp"

namespace larder::cli {

void add_image_options(const Command& command, builds::ProvideOptions& options) {
  command.add_flag("--locked", options.locked, "Fail where larder.lock does not pin all of the image");
  command.add_flag("--offline", options.offline,
                   "Use no network: neither for the image nor for what the project fetches");
}

Result<builds::StoreImages*> ProjectImages::open() {
  if (images_) {
    images_->need(find_needed_);
    return &*images_;
  }
  TRY_ASSIGN(auto store, store::open_default_store(os_));
  store_.emplace(std::move(store));
  images_.emplace(*store_, options_,
                  [verbosity = verbosity_] { return make_progress(detect_screen(STDERR_FILENO), verbosity); });
  images_->need(find_needed_);
  return &*images_;
}

Result<std::vector<image::Image>> ProjectImages::provide(const std::vector<builds::WantedImage>& wanted,
                                                         const std::string& machine, const std::string& folder) {
  TRY_ASSIGN(builds::StoreImages * images, open());
  return images->provide(wanted, machine, folder);
}

Result<std::string> ProjectImages::hand_over(const engine::Client& client, const image::Image& image,
                                             const std::string& name, const std::string& processor) {
  TRY_ASSIGN(builds::StoreImages * images, open());
  return images->hand_over(client, image, name, processor);
}

Result<std::vector<image::Image>> ProjectImages::renew(const std::vector<builds::WantedImage>& wanted,
                                                       const std::string& machine, const std::string& folder) {
  TRY_ASSIGN(builds::StoreImages * images, open());
  return images->renew(wanted, machine, folder);
}

Status ProjectImages::save(const std::string& folder, const std::string& machine) {
  TRY_ASSIGN(builds::StoreImages * images, open());
  return images->save(folder, machine);
}

std::optional<size_t> ProjectImages::salvaged_entries() const {
  return images_ ? images_->salvaged_entries() : std::nullopt;
}

}  // namespace larder::cli
