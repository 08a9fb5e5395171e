#pragma once

#include <optional>
#include <string>
#include <vector>

#include "builds/plan/plan.hpp"
#include "store/branch/generation.hpp"

namespace larder::builds {

/// For a generation of the target's compiled volume that was made on another image than the target's, gives the folders
/// in it without which it is of use on this one, for what they hold was made of the image: none where both images have
/// the same content. No value: it is of no use, also where the store does not have both images, or may not read them.
std::optional<std::vector<std::string>> folders_of_image(const store::Store& store, const Plan& plan,
                                                         const image::Image& image,
                                                         const store::Generation& generation);

}  // namespace larder::builds
