#include "cli/offers.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "builds/plan/workspace.hpp"
#include "cli/existing_store.hpp"
#include "config/cargo_profiles.hpp"
#include "config/project.hpp"
#include "config/tables.hpp"
#include "config/tool_workspace.hpp"
#include "image/catalog.hpp"
#include "image/reference.hpp"

namespace larder::cli {
namespace {

using Candidates = std::vector<Candidate>;

constexpr size_t id_letters = 12;

void add(Candidates& all, Candidate one) {
  const bool known =
      std::any_of(all.begin(), all.end(), [&](const Candidate& other) { return other.word == one.word; });
  if (!known) all.push_back(std::move(one));
}

/// The project's settings; those of no project where they cannot be read.
config::Project project_in(const std::string& folder) {
  auto project = config::load_project(folder);
  return project ? std::move(*project) : config::Project();
}

Candidates target_names(const Typed& typed) {
  const auto table = config::load_targets(config::user_config_dir());
  Candidates all;
  if (!table) return all;
  for (const config::Target& target : table->all()) add(all, {target.name, target.triple});
  for (const std::string& name : project_in(builds::find_project_folder(typed.folder)).targets)
    add(all, {name, "named in larder.toml"});
  return all;
}

Candidates profile_names(const Typed& typed) {
  const std::string folder = builds::find_project_folder(typed.folder);
  const config::Project project = project_in(folder);
  const std::string place = project.folder.empty() ? folder : folder + "/" + project.folder;
  const auto chosen = config::load_recipe(config::user_config_dir(), project.recipe, place, project.own_recipe);
  Candidates all;
  if (!chosen) return all;
  const config::Recipe& recipe = chosen->recipe;
  for (const auto& [name, profile] : recipe.profiles) add(all, {name, "of the recipe " + recipe.name});
  if (recipe.workspace != "Cargo.toml") return all;
  const std::string root = config::tool_workspace(place, recipe.workspace);
  for (const std::string& name : config::cargo_profiles(root.empty() ? place : root)) add(all, {name, "of Cargo.toml"});
  return all;
}

std::vector<image::Stored> stored_images(Os& os) {
  const auto store = look_at_store(os);
  auto images = store ? image::list_images(*store) : Result<std::vector<image::Stored>>({});
  return images ? std::move(*images) : std::vector<image::Stored>();
}

Candidates image_digests(const Typed&) {
  Os os;
  Candidates all;
  for (const image::Stored& image : stored_images(os)) {
    const std::string& digest = image.record.digest;
    add(all, {digest.substr(digest.find(':') + 1, id_letters), printable(image.record.step.describe())});
  }
  return all;
}

Candidates bases(const Typed&) {
  Os os;
  Candidates all = {{"host", "this machine's own root"}, {config::default_image, "Larder's own, of Debian's packages"}};
  for (const image::Stored& image : stored_images(os))
    if (image.record.step.kind == image::StepKind::base && !image.record.step.request.empty())
      add(all, {image.record.step.request.front(), "is in the store"});
  return all;
}

}  // namespace

Offer offer_files() { return {Offer::Kind::files, {}}; }
Offer offer_folders() { return {Offer::Kind::folders, {}}; }
Offer offer_targets() { return {Offer::Kind::words, target_names}; }
Offer offer_profiles() { return {Offer::Kind::words, profile_names}; }
Offer offer_images() { return {Offer::Kind::words, image_digests}; }
Offer offer_image_names() { return {Offer::Kind::words, bases}; }

}  // namespace larder::cli
