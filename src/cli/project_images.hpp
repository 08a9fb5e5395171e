#pragma once

#include <CLI/CLI.hpp>
#include <optional>

#include "build/images.hpp"
#include "cli/views.hpp"
#include "store/prune.hpp"

namespace larder::cli {

/// --locked and --offline.
void add_image_options(CLI::App& command, build::ImageOptions& options);

/// The images of the user's store, which is opened when one is asked for. What is prepared is shown as it happens.
class ProjectImages final : public build::Images {
 public:
  ProjectImages(build::ImageOptions options, Verbosity verbosity) : options_(options), verbosity_(verbosity) {}

  Result<image::Image> provide(const image::Chain& chain, const std::string& machine,
                               const std::string& folder) override;
  /// See StoreImages::renew.
  Result<image::Image> renew(const image::Chain& chain, const std::string& machine, const std::string& folder);
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

/// In CI the machine may vanish right after the command, so nothing is left to a background process.
bool in_ci();

/// Settles what was prepared: in the background, or at once in CI.
Status keep_up(const store::Store& store, const store::Limits& limits);

}  // namespace larder::cli
