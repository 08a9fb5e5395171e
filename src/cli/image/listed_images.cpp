#include "cli/image/listed_images.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.hpp"
#include "cli/json.hpp"
#include "store/branch/ref.hpp"
#include "store/space/footprint.hpp"

namespace larder::cli {
namespace {

constexpr size_t shown_digits = 12;

/// By the digest that they were compiled on.
Result<std::map<std::string, std::set<std::string>>> projects_by_image(const store::Store& store) {
  std::map<std::string, std::set<std::string>> projects;
  TRY_ASSIGN(const auto keys, store::list_volumes(store));
  for (const store::VolumeKey& key : keys) {
    const auto generation = store::current_generation(store, key);
    if (!generation || !*generation || (*generation)->spec.volume_class != store::VolumeClass::compiled) continue;
    projects[(*generation)->spec.image].insert((*generation)->spec.project);
  }
  return projects;
}

/// Depth first, so that each stands below its parent.
std::vector<ListedImage> as_tree(const std::vector<ListedImage>& images) {
  std::set<std::string> known;
  for (const ListedImage& image : images) known.insert(image.stored.record.digest);
  std::vector<ListedImage> tree;
  const std::function<void(const std::string&, size_t)> add = [&](const std::string& parent, size_t depth) {
    for (const ListedImage& image : images) {
      const std::string& from = image.stored.record.from;
      if ((known.count(from) > 0 ? from : "") != parent) continue;
      tree.push_back(image);
      tree.back().depth = depth;
      add(image.stored.record.digest, depth + 1);
    }
  };
  add("", 0);
  return tree;
}

Status measure(const store::Store& store, std::vector<ListedImage>& images) {
  std::map<std::string, int> users;
  for (const ListedImage& image : images)
    for (const std::string& layer : image.stored.generation.layers) ++users[layer];
  for (ListedImage& image : images) {
    const auto& layers = image.stored.generation.layers;
    std::set<std::string> shared;
    for (const std::string& layer : layers)
      if (users[layer] > 1) shared.insert(layer);
    TRY_ASSIGN(const store::LayersSize all, store::measure_layers(store, {layers.begin(), layers.end()}));
    TRY_ASSIGN(const store::LayersSize others, store::measure_layers(store, shared));
    image.disk_bytes = all.disk_bytes;
    image.own_bytes = all.disk_bytes - others.disk_bytes;
  }
  return {};
}

std::string digits_of(const std::string& digest) { return digest.substr(digest.find(':') + 1); }

}  // namespace

std::string short_digest(const std::string& digest) { return digits_of(digest).substr(0, shown_digits); }

Result<std::vector<ListedImage>> read_listed_images(const store::Store& store) {
  TRY_ASSIGN(auto stored, image::list_images(store));
  TRY_ASSIGN(const auto projects, projects_by_image(store));
  std::vector<ListedImage> images;
  for (image::Stored& one : stored) {
    ListedImage& image = images.emplace_back();
    TRY_ASSIGN(image.last_used_seconds, store::last_used_seconds(store, one.key));
    if (const auto found = projects.find(one.record.digest); found != projects.end())
      image.projects.assign(found->second.begin(), found->second.end());
    image.stored = std::move(one);
  }
  TRY(measure(store, images));
  return as_tree(images);
}

std::vector<ListedImage> unused_images(const std::vector<ListedImage>& images) {
  std::map<std::string, std::string> parents;
  for (const ListedImage& image : images) parents[image.stored.record.digest] = image.stored.record.from;
  std::set<std::string> used;
  for (const ListedImage& image : images)
    if (!image.projects.empty())
      for (std::string at = image.stored.record.digest; !at.empty() && used.insert(at).second; at = parents[at]) {
      }
  std::vector<ListedImage> unused;
  for (const ListedImage& image : images)
    if (used.count(image.stored.record.digest) == 0) unused.push_back(image);
  return unused;
}

Result<ListedImage> choose_image(const std::vector<ListedImage>& images, const std::string& text) {
  const std::string digits = digits_of(text);
  std::vector<const ListedImage*> found;
  for (const ListedImage& image : images)
    if (!digits.empty() && digits_of(image.stored.record.digest).starts_with(digits)) found.push_back(&image);
  if (found.size() == 1) return *found.front();
  const char* what = found.empty() ? "no image has a digest that begins" : "several images have digests that begin";
  return fail(ErrorCode::usage, fmt::format("{} with '{}'", what, printable(text)), {},
              "`larder image list` shows them");
}

std::string format_images(const std::vector<ListedImage>& images, int64_t now_seconds) {
  std::vector<std::vector<std::string>> rows = {{"IMAGE", "DIGEST", "SIZE", "OWN", "USED BY", "LAST USED"}};
  for (const ListedImage& image : images) {
    const image::StepRecord& record = image.stored.record;
    const std::string indent = std::string(2 * image.depth, ' ') + (record.from.empty() ? "" : "+ ");
    rows.push_back({indent + record.step.describe(), short_digest(record.digest), format_bytes(image.disk_bytes),
                    format_bytes(image.own_bytes), image.projects.empty() ? "-" : join(image.projects, ", "),
                    format_age(image.last_used_seconds, now_seconds)});
  }
  return format_table(rows);
}

nlohmann::json images_to_json(const std::vector<ListedImage>& images) {
  nlohmann::json list = nlohmann::json::array();
  for (const ListedImage& image : images) {
    nlohmann::json entry = to_json(image.stored.record);
    entry["volume"] = image.stored.key.name() + "@" + image.stored.key.variant();
    entry["disk_bytes"] = image.disk_bytes;
    entry["own_bytes"] = image.own_bytes;
    entry["projects"] = image.projects;
    entry["created_at"] = time_to_json(image.stored.generation.created_seconds);
    entry["last_used_at"] = time_to_json(image.last_used_seconds);
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace larder::cli
