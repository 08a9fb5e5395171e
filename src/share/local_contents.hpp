#pragma once

#include <map>
#include <string>
#include <vector>

#include "share/index.hpp"
#include "store/branch/generation.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::share {

/// Contents that volumes of this store have already, so that they need not be fetched. May be used by several threads.
class LocalContents {
 public:
  LocalContents() = default;

  /// Adds what these layers show. The caller keeps them for as long as this lives.
  Status add(const store::Store& store, const std::vector<std::string>& layers);

  bool has(const Content& content) const;

  /// Opens a file that is said to have the content.
  Result<UniqueFd> open(Os& os, const Content& content) const;

 private:
  struct Place {
    size_t tree;
    std::string path;
    uint64_t bytes;
  };
  std::vector<store::MergedTree> trees_;
  std::map<std::string, Place> places_;
};

}  // namespace larder::share
