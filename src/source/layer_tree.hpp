#pragma once

#include <string>
#include <vector>

#include "source/shown.hpp"
#include "source/walk.hpp"
#include "store/store.hpp"

namespace larder::source {

/// Where git keeps its index, relative to the project's folder.
constexpr const char* index_path = ".git/index";

/// What is to be made of a layer of corrections.
struct LayerTree {
  std::string tree;                      ///< an empty directory relative to the store
  std::vector<std::string> below;        ///< the trees of the layers below it, lowest first
  const std::vector<Correction>& own;    ///< its own entries, sorted
  const std::vector<Correction>& shown;  ///< what it shows together with those below
};

/// Fills the tree with copies of the project's files as the walk has seen them, with marks and folders, and with git's
/// index where that is among its entries: git must know how the copies look. False where an entry is not as the walk
/// has seen it.
Result<bool> make_layer_tree(const store::Store& store, const Walk& walk, const LayerTree& layer);

}  // namespace larder::source
