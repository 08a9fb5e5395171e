#pragma once

#include <optional>
#include <string>
#include <vector>

#include "image/step_record.hpp"
#include "store/branch/generation.hpp"

namespace larder::image {

/// An image that the store has.
struct Stored {
  store::VolumeKey key;
  store::Generation generation;
  StepRecord record;
};

/// The key of the volume that has the image with this digest.
Result<store::VolumeKey> image_key(const std::string& volume_name, const std::string& digest);

/// The image with this digest; no value where the store has none.
Result<std::optional<Stored>> find_image(const store::Store& store, const std::string& volume_name,
                                         const std::string& digest);

/// All images of the store, oldest first. A damaged one is left out here: `cache verify` finds it.
Result<std::vector<Stored>> list_images(const store::Store& store);

/// The newest image that this step has made of the parent with digest `from`; no value where the store has none.
/// `sources`: where its packages have to be from, see note_sources; empty: from anywhere.
Result<std::optional<Stored>> find_made(const store::Store& store, const std::string& from, const Step& step,
                                        const std::string& machine, const std::string& sources = {});

/// Notes that the image is what these sources gave (a word for them, without spaces). Another machine's or yesterday's
/// may have given the same.
Status note_sources(const store::Store& store, const store::VolumeKey& key, const std::string& sources);

/// The folders of an image's root filesystem, lowest first, relative to the store.
std::vector<std::string> rootfs_layers(const store::Generation& generation);

/// A file of the root filesystem in these folders; empty where there is none, or it is larger than 64 MiB.
Result<std::string> read_from_image(const store::Store& store, const std::vector<std::string>& rootfs_folders,
                                    const std::string& path);

}  // namespace larder::image
