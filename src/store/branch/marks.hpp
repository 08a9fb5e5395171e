#pragma once

#include <set>
#include <string>

#include "store/branch/generation.hpp"

namespace larder::store {

/// Which marks that hide entries of a tree below a volume are kept where its layers become one. A compiled volume lies
/// over the project; the layers of others may come in any order, where such a mark would hide what another layer has. A
/// deletion that hides nothing is not kept: where no other layer has its folder, overlayfs lists the name.
struct Marks {
  bool opaque = false;
  bool all_deletions = false;
  std::set<std::string> deletions = {};

  bool none() const { return !opaque && !all_deletions && deletions.empty(); }
  bool keep(const std::string& path) const { return all_deletions || deletions.count(path) > 0; }
};

/// The marks that a generation needs.
Marks marks_of(const Generation& generation);

}  // namespace larder::store
