#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/recipe.hpp"
#include "share/pack_generation.hpp"
#include "share/registry.hpp"
#include "share/take_in.hpp"

namespace larder::share {

/// Whose volumes are pushed and pulled.
struct Line {
  std::string project;         ///< the same for all clones of a repository
  std::string branch;          ///< empty: none is checked out
  std::string default_branch;  ///< whose volumes are taken where the branch has none
};

/// What a push has done for one volume.
struct Pushed {
  Packed packed;
  std::string tag;
  bool changed = false;  ///< the registry had another state, or none
};

/// Pushes the volume's newest state: of its packs those that the registry has not, under the tag of the branch or,
/// where there is none yet, of the default branch. `holder` tells others who this is.
Result<Pushed> push_volume(const store::Store& store, const Registry& registry, const Line& line,
                           const store::VolumeKey& key, const config::RecipeTable& recipes, const std::string& holder);

/// Which of a project's volumes are meant; what is empty means all.
struct Choice {
  std::vector<std::string> volumes;
  std::vector<std::string> targets;
};

/// What a pull has done for one volume.
struct Pulled {
  TakenIn taken;
  uint64_t pulled_bytes = 0;  ///< of the blobs that were fetched
  uint64_t all_bytes = 0;     ///< of all blobs
};

/// Pulls the newest states of a project's volumes: of their packs those that have a content which no volume of that
/// name here has. Those of the branch, or where it has none those of the default branch; none is no error.
Result<std::vector<Pulled>> pull_volumes(const store::Store& store, const Registry& registry, const Line& line,
                                         const Choice& choice, const std::string& holder);

}  // namespace larder::share
