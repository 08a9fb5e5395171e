#pragma once

#include <vector>

#include "cli/command_line.hpp"
#include "cli/image/listed_images.hpp"

namespace larder::cli {

/// What the commands that remove images have in common.
struct ImageRemoval {
  bool yes = false;
  bool json = false;
};

/// Adds --yes, --json and the footer to a command that removes images.
void add_removal_options(const Command& command, ImageRemoval& options);

/// Shows the images, asks, removes them and prints what that freed. Gives the exit code. Images are volumes like
/// others, and are collected as by `larder cache clean`. ErrorCode::usage where it would have to ask, and there is no
/// terminal to ask on.
Result<int> remove_images(const store::Store& store, const std::vector<ListedImage>& images,
                          const ImageRemoval& options);

}  // namespace larder::cli
