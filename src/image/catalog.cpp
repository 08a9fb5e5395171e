#include "image/catalog.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "base/text.hpp"
#include "image/reference.hpp"
#include "store/branch/ref.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::image {
namespace {

constexpr size_t variant_digits = 32;
constexpr size_t file_bytes_max = size_t{64} << 20;

Result<std::optional<Stored>> read_image(const store::Store& store, const store::VolumeKey& key) {
  TRY_ASSIGN(const auto generation, store::current_generation(store, key));
  if (!generation || generation->empty() || generation->spec.volume_class != store::VolumeClass::image)
    return std::optional<Stored>();
  const std::string path = "layers/" + generation->layers.back() + "/tree/" + record_file;
  TRY_ASSIGN(const std::string text, read_file(store.os(), store.dir(), path, file_bytes_max));
  TRY_ASSIGN(StepRecord record, parse_step_record(text));
  return std::optional(Stored{key, *generation, std::move(record)});
}

/// The words for the sources that have given the image, newest last.
std::vector<std::string> noted_sources(const store::Store& store, const store::VolumeKey& key) {
  const auto note = store::read_note(store, key);
  return note && *note ? split(**note, ' ') : std::vector<std::string>();
}

/// An image without a note is taken: earlier versions of Larder have made it.
bool is_from(const store::Store& store, const store::VolumeKey& key, const std::string& sources) {
  const auto noted = noted_sources(store, key);
  return sources.empty() || noted.empty() || contains(noted, sources);
}

}  // namespace

Result<store::VolumeKey> image_key(const std::string& volume_name, const std::string& digest) {
  return store::VolumeKey::make(volume_name, digest.substr(digest.find(':') + 1, variant_digits));
}

Result<std::optional<Stored>> find_image(const store::Store& store, const std::string& volume_name,
                                         const std::string& digest) {
  TRY_ASSIGN(const store::VolumeKey key, image_key(volume_name, digest));
  TRY_ASSIGN(auto found, read_image(store, key));
  return found && found->record.digest == digest ? std::move(found) : std::nullopt;
}

Result<std::vector<Stored>> list_images(const store::Store& store) {
  std::vector<Stored> images;
  TRY_ASSIGN(const auto keys, store::list_volumes(store));
  for (const store::VolumeKey& key : keys) {
    if (!key.name().starts_with(volume_prefix)) continue;
    auto image = read_image(store, key);
    if (image && *image) images.push_back(std::move(**image));
  }
  std::stable_sort(images.begin(), images.end(), [](const Stored& a, const Stored& b) {
    return a.generation.created_seconds < b.generation.created_seconds;
  });
  return images;
}

Result<std::optional<Stored>> find_made(const store::Store& store, const std::string& from, const Step& step,
                                        const std::string& machine, const std::string& sources) {
  TRY_ASSIGN(auto images, list_images(store));
  for (auto image = images.rbegin(); image != images.rend(); ++image)
    if (image->record.from == from && image->record.machine == machine && image->record.step.kind == step.kind &&
        image->record.step.key() == step.key() && is_from(store, image->key, sources))
      return std::optional(std::move(*image));
  return std::optional<Stored>();
}

Status note_sources(const store::Store& store, const store::VolumeKey& key, const std::string& sources) {
  constexpr size_t kept_max = 8;
  std::vector<std::string> noted = noted_sources(store, key);
  if (contains(noted, sources)) return {};
  noted.push_back(sources);
  if (noted.size() > kept_max) noted.erase(noted.begin());
  return store::write_note(store, key, join(noted, " "));
}

std::vector<std::string> rootfs_layers(const store::Generation& generation) {
  std::vector<std::string> folders;
  for (const std::string& root : store::layer_roots(generation.layers)) folders.push_back(root + "/" + rootfs_folder);
  return folders;
}

Result<std::string> read_from_image(const store::Store& store, const std::vector<std::string>& rootfs_folders,
                                    const std::string& path) {
  TRY_ASSIGN(const store::MergedTree view, store::MergedTree::open(store, rootfs_folders));
  TRY_ASSIGN(const auto found, view.find(path));
  if (!found || !S_ISREG(found->status.st_mode) || static_cast<size_t>(found->status.st_size) > file_bytes_max)
    return std::string();
  return read_file(store.os(), found->dir.get(), found->name, file_bytes_max);
}

}  // namespace larder::image
