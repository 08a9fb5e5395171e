#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/mount_spec.hpp"
#include "config/placeholder.hpp"
#include "config/recipe.hpp"
#include "config/target.hpp"
#include "image/needs.hpp"
#include "store/volume.hpp"

namespace larder::image {

/// The root filesystem that a build runs on.
struct Image {
  std::string name;        ///< "host", "debian:bookworm"
  std::string digest;      ///< changes whenever results compiled on it may differ; empty: it is still to be made
  std::vector<Bind> root;  ///< read-only
  std::vector<Link> links;
  std::string toolchain;                         ///< root of the toolchain as the sandbox sees it, such as /usr
  std::string path;                              ///< PATH; empty: what a container engine's image says
  std::map<std::string, std::string> env = {};   ///< its other variables
  std::string loader = {};                       ///< see Record
  std::optional<store::VolumeSpec> volume = {};  ///< where its root filesystem is in the store, in place of `root`
};

/// The machine's own root alone, without any toolchain's folder from elsewhere.
Image machine_root();

/// The machine's own root: system folders, and of /etc only what tools need. Takes the first of the recipe's
/// toolchain roots that has all its needs for the target. Where none has, the error lists what is missing and the
/// commands that install it. `machine` is the machine's own target; `folder` is the project's (rustup looks there for
/// its toolchain file).
Result<Image> host_image(const config::Recipe& recipe, const config::Target& target, const config::Target& machine,
                         const config::Placeholders& placeholders, const std::string& folder);

/// For `larder doctor`: every need, looked for as host_image does.
Result<std::vector<CheckedNeed>> check_needs(const config::Recipe& recipe, const config::Target& target,
                                             const config::Target& machine, const config::Placeholders& placeholders,
                                             const std::string& folder);

}  // namespace larder::image
