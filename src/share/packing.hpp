#pragma once

#include <vector>

#include "share/index.hpp"

namespace larder::share {

/// How the contents of a generation come into packs.
struct Packing {
  std::vector<Pack> reused;                ///< of those that there are
  std::vector<std::vector<Content>> made;  ///< packs still to be written, as lists of their contents
};

/// Decides which packs hold `wanted`, contents each once, in the order of the paths that have them. Of the packs that
/// the other side has, `known`, those are used that hold more of what is wanted than of what is not; what they lack
/// comes into new ones of 8 to 16 MB of content. Where one begins depends on contents alone, so that trees with much in
/// common have most packs in common, too. Small ones of many earlier pushes, and all where they would be more than a
/// manifest may name, are packed anew.
Packing plan_packs(const std::vector<Content>& wanted, const std::vector<Pack>& known);

}  // namespace larder::share
