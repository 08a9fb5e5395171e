#pragma once

#include <optional>

#include "builds/image/images.hpp"
#include "cli/command_line.hpp"
#include "cli/view/verbosity.hpp"

namespace larder::cli {

/// Adds --locked and --offline to a command.
void add_image_options(const Command& command, builds::ProvideOptions& options);

/// Provides images from the user's store, which is opened at the first request. The progress of what is prepared is
/// shown as it happens.
class ProjectImages final : public builds::Images {
 public:
  ProjectImages(builds::ProvideOptions options, Verbosity verbosity) : options_(options), verbosity_(verbosity) {}

  Result<std::vector<image::Image>> provide(const std::vector<builds::WantedImage>& wanted, const std::string& machine,
                                            const std::string& folder) override;
  Result<std::string> hand_over(const engine::Client& client, const image::Image& image, const std::string& name,
                                const std::string& processor) override;
  bool looks_only() const override { return options_.look_only; }
  void need(const builds::NeededChains& find_chains) override { find_needed_ = find_chains; }
  /// Does what StoreImages::renew does.
  Result<std::vector<image::Image>> renew(const std::vector<builds::WantedImage>& wanted, const std::string& machine,
                                          const std::string& folder);
  /// Does what StoreImages::save does.
  Status save(const std::string& folder, const std::string& machine);
  /// What StoreImages says of a broken larder.lock.
  std::optional<size_t> salvaged_entries() const;

 private:
  Result<builds::StoreImages*> open();

  builds::ProvideOptions options_;
  Verbosity verbosity_;
  builds::NeededChains find_needed_;
  Os os_;
  std::optional<store::Store> store_;
  std::optional<builds::StoreImages> images_;
};

}  // namespace larder::cli
