#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/mount_spec.hpp"

namespace larder::image {

/// What the pip of an image is told of the way to Python's index, as pip on this machine is told. It may be secret, and
/// none of it is a file of the image.
struct PipView {
  std::map<std::string, std::string> env;  ///< PIP_INDEX_URL and the like, and HOME where there is a ~/.netrc
  std::vector<Bind> files;                 ///< certificates and folders of wheels that these name
};

/// The settings of pip's that say where packages come from and how, of its configuration files and then its variables:
/// pip's user guide, "Configuration". A file that cannot be read says nothing.
PipView pip_view();

/// The settings by their names ("index-url") in the text of a configuration file of pip's: of the sections `global`
/// and, before those, `download`.
std::map<std::string, std::string> parse_pip_settings(const std::string& text);

}  // namespace larder::image
