#pragma once

#include <string>

#include "base/result.hpp"
#include "config/engines.hpp"

namespace larder::image {

enum class Source {
  host,          ///< the machine's own root
  debian,        ///< made from Debian's packages: "debian:bookworm"
  registry,      ///< "rust:1-bookworm", "docker.io/library/rust@sha256:…"
  oci_folder,    ///< "oci:DIR" or "oci:DIR:TAG", an OCI image layout
  docker_daemon  ///< "docker-daemon:NAME", what a Docker daemon has
};

/// Where a root filesystem comes from.
struct Reference {
  Source source = Source::host;
  std::string text;  ///< as the project says it; an OCI folder's is absolute
  std::string
      name;  ///< debian: the suite; registry: with its host and tag, as docker would complete it; OCI: the folder
  std::string tag = {};   ///< OCI: which of the folder's images; empty where it has but one
  bool relative = false;  ///< OCI: the project names the folder relative to its own

  /// A volume's name for images made from it: "image-debian-bookworm".
  std::string volume_name() const;
};

/// The beginning of the names of all volumes that hold images, and of no others.
inline constexpr const char* volume_prefix = "image-";

/// Reads an image's name as larder.toml has it. Empty text is `default_image`. `folder` is what an OCI folder is
/// relative to.
Result<Reference> parse_reference(const std::string& text, const std::string& folder);

using config::default_image;

/// The name without tag and digest: "docker.io/library/rust" of "docker.io/library/rust:1@sha256:…".
std::string without_tag(const std::string& name);

}  // namespace larder::image
