#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "image/catalog.hpp"
#include "image/step_record.hpp"
#include "support/store_kit.hpp"

namespace larder::test {

/// A record as a preparation makes it, with its digest.
/// The volume of Debian's images.
inline constexpr const char* debian_volume = "image-debian-bookworm";

/// The step that an image of Debian begins with.
inline const image::Step debian_base = {image::StepKind::base, {"debian:bookworm"}};

inline image::StepRecord make_image_record(const image::Step& step, const std::string& from = "",
                                           std::vector<std::string> packages = {}) {
  image::StepRecord record;
  record.from = from;
  record.machine = "amd64";
  record.step = step;
  record.packages = std::move(packages);
  record.digest = image::digest_of(record);
  return record;
}

/// Makes an image in the store by hand; paths of `files` are in its root filesystem.
inline image::Stored put_image(const Store& store, const std::string& volume, const image::StepRecord& record,
                               const Files& files, const image::Stored* parent = nullptr) {
  ForkRequest request;
  request.spec.key = must(image::image_key(volume, record.digest));
  request.spec.volume_class = VolumeClass::image;
  request.spec.mount_path = "/";
  request.spec.image = record.digest;
  request.spec.recipe = "image 1";
  if (parent != nullptr) request.siblings = {parent->key};
  Transaction transaction = begin(store, request);
  Files all = {{image::record_file, image::to_json(record).dump()}};
  for (const auto& [path, content] : files) all[std::string(image::rootfs_folder) + "/" + path] = content;
  fill(store, transaction, all);
  must(transaction.seal(Outcome::success));
  return must(image::find_image(store, volume, record.digest)).value();
}

}  // namespace larder::test
