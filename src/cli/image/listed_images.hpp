#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "image/catalog.hpp"

namespace larder::cli {

/// An image of the store as people are told of it.
struct ListedImage {
  image::Stored stored;
  uint64_t disk_bytes = 0;            ///< of all its layers
  uint64_t own_bytes = 0;             ///< of the layers that no other image has
  std::vector<std::string> projects;  ///< that have compiled something on it; sorted
  int64_t last_used_seconds = 0;
  size_t depth = 0;  ///< how many of its ancestors the list shows above it
};

/// All images, each below the one that it is made from.
Result<std::vector<ListedImage>> read_listed_images(const store::Store& store);

/// Those that no project has compiled on, nor on one that is made from them.
std::vector<ListedImage> unused_images(const std::vector<ListedImage>& images);

/// The one whose digest begins so (with or without "sha256:"); ErrorCode::usage where there is none, or more than one.
Result<ListedImage> choose_image(const std::vector<ListedImage>& images, const std::string& text);

std::string format_images(const std::vector<ListedImage>& images, int64_t now_seconds);
nlohmann::json images_to_json(const std::vector<ListedImage>& images);

/// The first 12 digits, as container engines show them.
std::string short_digest(const std::string& digest);

}  // namespace larder::cli
