#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

namespace larder::engine {

/// An overlay of folders; paths are absolute or relative to the working directory.
struct Overlay {
  std::vector<std::string> lowers;  ///< lowest first; at least one, without an upper two
  std::string upper;                ///< empty: read-only
  std::string work;
};

/// Mounts it on the folder `where`. The kernel takes each layer by itself (`lowerdir+`, Linux 6.7), whatever is in its
/// name; an older one takes them in one text of at most a page, in which commas and colons end a name.
Status mount_overlay(const Overlay& overlay, const std::string& where);

}  // namespace larder::engine
