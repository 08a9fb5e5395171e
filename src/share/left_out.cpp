#include "share/left_out.hpp"

namespace larder::share {

std::vector<std::string> left_out(const config::RecipeTable& recipes, const store::VolumeSpec& spec) {
  const std::string name = spec.recipe.substr(0, spec.recipe.find(' '));
  for (const config::Recipe& recipe : recipes.all()) {
    if (recipe.name != name) continue;
    if (spec.volume_class == store::VolumeClass::compiled) return recipe.not_shared;
    for (const auto* volumes : {&recipe.downloads, &recipe.image.volumes})
      for (const config::DownloadVolume& volume : *volumes)
        if (volume.path == spec.mount_path) return volume.not_shared;
  }
  return {};
}

}  // namespace larder::share
