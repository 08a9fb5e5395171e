#include "builds/plan/download_volume.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/text.hpp"
#include "config/placeholder.hpp"
#include "config/tables.hpp"

namespace larder::builds {

Result<store::VolumeSpec> find_download(const std::string& name) {
  const std::string user_dir = config::user_config_dir();
  TRY_ASSIGN(const config::TargetTable targets, config::load_targets(user_dir));
  TRY_ASSIGN(const config::RecipeTable recipes, config::load_recipes(user_dir));
  std::vector<std::string> known;
  for (const config::Recipe& recipe : recipes.all())
    for (const config::DownloadVolume& volume : recipe.downloads)
      for (const config::Target& target : targets.all()) {
        TRY_ASSIGN(const std::string expanded, config::expand(volume.name, config::target_placeholders(target)));
        known.push_back(expanded);
        if (expanded != name) continue;
        store::VolumeSpec spec;
        TRY_ASSIGN(spec.key, store::VolumeKey::make(name));
        spec.target = target.name;
        spec.mount_path = volume.path;
        spec.recipe = fmt::format("{} {}", recipe.name, recipe.version);
        return spec;
      }
  const std::string near = nearest_word(name, known);
  return fail(ErrorCode::usage, fmt::format("no recipe has a download volume '{}'", name),
              "only downloads can be taken over: what is compiled belongs to one image and folder",
              near.empty() ? "`--as NAME` names one" : fmt::format("did you mean `--as {}`?", near));
}

}  // namespace larder::builds
