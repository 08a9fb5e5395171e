#pragma once

#include "cli/command_line.hpp"

namespace larder::cli {

// What shells offer for the values of options and words. All of it is read from files, of the project nothing is run,
// and the store is only looked at; where something is missing or broken, there is nothing to offer.

Offer offer_files();
Offer offer_folders();
/// Targets by their short names, and as larder.toml names them.
Offer offer_targets();
/// The recipe's profiles, and those of the project's Cargo.toml.
Offer offer_profiles();
/// The images of the store by the beginnings of their digests.
Offer offer_images();
/// What builds may run on: the machine's own root, Larder's own image, and what the store's images were made from.
Offer offer_image_names();

}  // namespace larder::cli
