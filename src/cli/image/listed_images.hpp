#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "image/catalog.hpp"

namespace larder::cli {

/// An image of the store, with what `larder image list` shows about it.
struct ListedImage {
  image::Stored stored;
  uint64_t disk_bytes = 0;            ///< what all its layers take
  uint64_t own_bytes = 0;             ///< what the layers take that no other image has
  std::vector<std::string> projects;  ///< projects that have compiled something on it; sorted
  int64_t last_used_seconds = 0;
  size_t depth = 0;  ///< how many of its ancestors the list shows above it
};

/// All images of the store, each below the one that it is made from.
Result<std::vector<ListedImage>> read_listed_images(const store::Store& store);

/// The images on which no project has compiled, nor on an image that is made from them.
std::vector<ListedImage> unused_images(const std::vector<ListedImage>& images);

/// The image whose digest begins with `text`, with or without "sha256:". ErrorCode::usage where there is none, or more
/// than one.
Result<ListedImage> choose_image(const std::vector<ListedImage>& images, const std::string& text);

/// The images as a table, for a time in seconds since 1970.
std::string format_images(const std::vector<ListedImage>& images, int64_t now_seconds);
/// The images as JSON; docs/commands/image.md has the names of the fields.
nlohmann::json images_to_json(const std::vector<ListedImage>& images);

/// The first 12 digits of a digest, as container engines show them.
std::string short_digest(const std::string& digest);

}  // namespace larder::cli
