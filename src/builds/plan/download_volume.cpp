#include "builds/plan/download_volume.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/text.hpp"
#include "config/placeholder.hpp"
#include "config/tables.hpp"

namespace larder::builds {
namespace {

/// Those of all recipes for all targets.
Result<std::vector<store::VolumeSpec>> all_downloads() {
  const std::string user_dir = config::user_config_dir();
  TRY_ASSIGN(const config::TargetTable targets, config::load_targets(user_dir));
  TRY_ASSIGN(const config::RecipeTable recipes, config::load_recipes(user_dir));
  std::vector<store::VolumeSpec> all;
  for (const config::Recipe& recipe : recipes.all())
    for (const config::DownloadVolume& volume : recipe.downloads)
      for (const config::Target& target : targets.all()) {
        TRY_ASSIGN(const std::string name, config::expand(volume.name, config::target_placeholders(target)));
        store::VolumeSpec spec;
        TRY_ASSIGN(spec.key, store::VolumeKey::make(name));
        spec.target = target.name;
        spec.mount_path = volume.path;
        spec.recipe = fmt::format("{} {}", recipe.name, recipe.version);
        all.push_back(std::move(spec));
      }
  return all;
}

/// The last two words of a path: "cargo/registry".
std::string end_of(const std::string& path) {
  const size_t last = path.rfind('/');
  const size_t before = last == std::string::npos || last == 0 ? last : path.rfind('/', last - 1);
  return before == std::string::npos ? path : path.substr(before + 1);
}

}  // namespace

Result<store::VolumeSpec> find_download(const std::string& name) {
  TRY_ASSIGN(auto all, all_downloads());
  std::vector<std::string> known;
  for (store::VolumeSpec& spec : all) {
    if (spec.key.name() == name) return std::move(spec);
    known.push_back(spec.key.name());
  }
  const std::string near = nearest_word(name, known);
  return fail(ErrorCode::usage, fmt::format("no recipe has a download volume '{}'", name),
              "only downloads can be taken over: what is compiled belongs to one image and folder",
              near.empty() ? "`--as NAME` names one" : fmt::format("did you mean `--as {}`?", near));
}

Result<std::string> download_for(const std::string& path, const std::string& target) {
  TRY_ASSIGN(const auto all, all_downloads());
  for (const store::VolumeSpec& spec : all)
    if (spec.target == target && path.ends_with(end_of(spec.mount_path))) return spec.key.name();
  return std::string();
}

}  // namespace larder::builds
