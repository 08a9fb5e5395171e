#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/placeholder.hpp"
#include "config/recipe.hpp"
#include "config/target.hpp"
#include "image/image.hpp"
#include "image/needs.hpp"
#include "image/rustup.hpp"

namespace larder::image {

/// The machine's own root alone, without any toolchain's folder from elsewhere.
Image machine_root();

/// Which toolchain is taken of those that rustup has installed.
struct RustChoice {
  bool ignore_pins = false;    ///< the machine's packages are taken, whatever is pinned
  std::optional<RustPin> pin;  ///< goes before what is found from the project's folder on
};

/// The machine's own root: system folders, and of /etc only what tools need. Takes the first of the recipe's
/// toolchain roots that has all its needs for the target. Where none has, the error lists what is missing and the
/// commands that install it. `machine` is the machine's own target; `folder` is the project's (rustup looks there for
/// its toolchain file). A toolchain that is pinned and not installed is an error, too, and one without the components
/// that are pinned.
Result<Image> host_image(const config::Recipe& recipe, const config::Target& target, const config::Target& machine,
                         const config::Placeholders& placeholders, const std::string& folder,
                         const RustChoice& rust = {});

/// Every need of the recipe for the target, looked for as `host_image` does; for `larder doctor`.
Result<std::vector<CheckedNeed>> check_needs(const config::Recipe& recipe, const config::Target& target,
                                             const config::Target& machine, const config::Placeholders& placeholders,
                                             const std::string& folder);

}  // namespace larder::image
