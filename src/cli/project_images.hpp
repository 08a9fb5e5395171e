#pragma once

#include <optional>

#include "builds/image/images.hpp"
#include "cli/command_line.hpp"
#include "cli/view/views.hpp"

namespace larder::cli {

/// --locked and --offline.
void add_image_options(const Command& command, builds::ProvideOptions& options);

/// The images of the user's store, which is opened when one is asked for. What is prepared is shown as it happens.
class ProjectImages final : public builds::Images {
 public:
  ProjectImages(builds::ProvideOptions options, Verbosity verbosity) : options_(options), verbosity_(verbosity) {}

  Result<std::vector<image::Image>> provide(const std::vector<builds::WantedImage>& wanted, const std::string& machine,
                                            const std::string& folder) override;
  bool looks_only() const override { return options_.look_only; }
  /// See StoreImages::renew.
  Result<std::vector<image::Image>> renew(const std::vector<builds::WantedImage>& wanted, const std::string& machine,
                                          const std::string& folder);
  /// See StoreImages::save.
  Status save(const std::string& folder, bool forget_others);

 private:
  Result<builds::StoreImages*> open();

  builds::ProvideOptions options_;
  Verbosity verbosity_;
  Os os_;
  std::optional<store::Store> store_;
  std::optional<builds::StoreImages> images_;
};

}  // namespace larder::cli
