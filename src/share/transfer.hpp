#pragma once

#include <string>
#include <vector>

#include "config/recipe.hpp"
#include "share/pack_generation.hpp"
#include "share/remote.hpp"

namespace larder::share {

/// What a push has done for one volume.
struct Pushed {
  Packed packed;
  std::string tag;
  bool changed = false;  ///< the registry had another state, or none
};

/// Pushes the volume's newest state: of its packs those that the registry has not, under the tag of the branch or,
/// where there is none yet, of the default branch. `holder` tells others who this is. ErrorCode::usage where untrusted
/// builds have written it, or where those who have the same public keys would refuse it.
Result<Pushed> push_volume(const store::Store& store, const Remote& remote, const store::VolumeKey& key,
                           const config::RecipeTable& recipes, const std::string& holder);

/// Which of a project's volumes are meant; what is empty means all.
struct Choice {
  std::vector<std::string> volumes;
  std::vector<std::string> targets;
};

/// Pulls the newest states of a project's volumes: of their packs those that have a content which no volume of that
/// name here has. Of each volume that of the branch, or where it has none that of the default branch; none is no error.
/// Nothing is taken whose statement is not as `Signing` wants it. ErrorCode::usage, with the nearest word, where the
/// registry has volumes of the project, and none that is meant.
Result<std::vector<Pulled>> pull_volumes(const store::Store& store, const Remote& remote, const Choice& choice,
                                         const std::string& holder);

}  // namespace larder::share
