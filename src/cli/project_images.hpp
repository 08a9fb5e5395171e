#pragma once

#include <optional>

#include "build/images.hpp"
#include "cli/command_line.hpp"
#include "cli/view/views.hpp"

namespace larder::cli {

/// --locked and --offline.
void add_image_options(const Command& command, build::ImageOptions& options);

/// The images of the user's store, which is opened when one is asked for. What is prepared is shown as it happens.
class ProjectImages final : public build::Images {
 public:
  ProjectImages(build::ImageOptions options, Verbosity verbosity) : options_(options), verbosity_(verbosity) {}

  Result<std::vector<image::Image>> provide(const std::vector<build::WantedImage>& wanted, const std::string& machine,
                                            const std::string& folder) override;
  /// See StoreImages::renew.
  Result<std::vector<image::Image>> renew(const std::vector<build::WantedImage>& wanted, const std::string& machine,
                                          const std::string& folder);
  /// See StoreImages::save.
  Status save(const std::string& folder, bool forget_others);

 private:
  Result<build::StoreImages*> open();

  build::ImageOptions options_;
  Verbosity verbosity_;
  Os os_;
  std::optional<store::Store> store_;
  std::optional<build::StoreImages> images_;
};

}  // namespace larder::cli
