#include "builds/run/other_image.hpp"

#include <algorithm>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "builds/image/image_change.hpp"
#include "builds/run/rust_units.hpp"
#include "image/catalog.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::builds {
namespace {

using image::Stored;

bool say_the_same(const image::StepRecord& a, const image::StepRecord& b) {
  return a.machine == b.machine && a.path == b.path && a.env == b.env && a.loader == b.loader;
}

bool is_program(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view folder = file_name(path.substr(0, slash));
  return folder == "bin" || folder == "sbin";
}

/// A program that is new may stand before an old one of its name.
Result<bool> hides_another(const store::MergedTree& before, const std::string& path) {
  if (!is_program(path)) return false;
  for (const char* folder : {"usr/local/sbin/", "usr/local/bin/", "usr/sbin/", "usr/bin/", "sbin/", "bin/"}) {
    TRY_ASSIGN(const auto found, before.find(folder + std::string(file_name(path))));
    if (found) return true;
  }
  return false;
}

/// Whether the compiler and all that it may have run are the same.
Result<bool> compiles_the_same(const store::Store& store, const config::OtherImage& rules, const Stored& before,
                               const ImageChange& change) {
  const auto is_compiler = [&](const std::string& path) { return matches_any(rules.compiler, path); };
  if (std::any_of(change.added.begin(), change.added.end(), is_compiler)) return false;
  for (const std::string& path : change.other)
    if (is_compiler(path) || !matches_any(rules.unread, path)) return false;
  TRY_ASSIGN(const auto tree, store::MergedTree::open(store, image::rootfs_layers(before.generation)));
  for (const std::string& path : change.added) {
    TRY_ASSIGN(const bool hides, hides_another(tree, path));
    if (hides) return false;
  }
  return true;
}

using Folders = std::optional<std::vector<std::string>>;

Result<Folders> find_folders(const store::Store& store, const Plan& plan, const image::Image& image,
                             const store::Generation& generation) {
  if (!image.volume) return Folders();
  TRY_ASSIGN(const auto before, image::find_image(store, image.volume->key.name(), generation.spec.image));
  TRY_ASSIGN(const auto now, image::find_image(store, image.volume->key.name(), image.digest));
  if (!before || !now || !say_the_same(before->record, now->record) ||
      !share_a_layer(before->generation, now->generation))
    return Folders();
  TRY_ASSIGN(const ImageChange change, compare_images(store, before->generation, now->generation));
  if (change.none()) return Folders(std::in_place);
  const config::OtherImage& rules = plan.recipe.blind.other_image;
  if (rules.units == config::UnitKinds::none) return Folders();
  TRY_ASSIGN(const bool same, compiles_the_same(store, rules, *before, change));
  if (!same) return Folders();
  TRY_ASSIGN(const auto volume, store::MergedTree::open(store, store::layer_roots(generation.layers)));
  std::vector<std::string> places = {plan.workspace.place};
  for (const config::DownloadVolume& download : plan.recipe.downloads) places.push_back(download.path);
  return units_of_image(store.os(), volume, places);
}

}  // namespace

Folders folders_of_image(const store::Store& store, const Plan& plan, const image::Image& image,
                         const store::Generation& generation) {
  auto folders = find_folders(store, plan, image, generation);
  return folders ? std::move(*folders) : Folders();
}

}  // namespace larder::builds
