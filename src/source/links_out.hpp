#pragma once

#include <string>
#include <vector>

#include "source/walk.hpp"

namespace larder::source {

/// A link of a project that leads out of what builds are shown.
struct LinkOut {
  std::string path;    ///< of the link, in the project
  std::string target;  ///< absolute, on this machine
};

/// The walk's links that lead to something that is there, but neither in the walked folder by a relative way nor in one
/// of the folders `shown` (absolute), which lie at the same place for builds. An absolute way into the project leads
/// out too, since builds see the project elsewhere. Git's own links do not count.
std::vector<LinkOut> links_out_of(Os& os, const Walk& walk, const std::vector<std::string>& shown);

}  // namespace larder::source
