#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/mount_spec.hpp"
#include "store/volume.hpp"

namespace larder::image {

/// PATH in an image that says nothing of it.
inline constexpr const char* usual_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The root filesystem that a build runs on.
struct Image {
  std::string name;        ///< "host", "debian:bookworm"
  std::string digest;      ///< changes whenever results compiled on it may differ; empty: it is still to be made
  std::vector<Bind> root;  ///< read-only
  std::vector<Link> links;
  std::string toolchain;                         ///< root of the toolchain as the sandbox sees it, such as /usr
  std::string path;                              ///< PATH; empty: what a container engine's image says
  std::map<std::string, std::string> env = {};   ///< its other variables
  std::vector<std::string> packages = {};        ///< of Debian, that larder.lock pins for it: "NAME=VERSION"
  std::string loader = {};                       ///< see StepRecord
  std::optional<store::VolumeSpec> volume = {};  ///< where its root filesystem is in the store, in place of `root`
  std::string engine_id = {};                    ///< what the container engine that has it calls it
};

}  // namespace larder::image
