#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/placeholder.hpp"
#include "config/project.hpp"
#include "config/recipe.hpp"
#include "config/target.hpp"
#include "image/reference.hpp"
#include "image/rustup.hpp"
#include "image/step_record.hpp"

namespace larder::image {

/// An image as asked for: a base and the steps on it, what many images share first. The first step is the base.
struct Chain {
  Reference reference;
  std::vector<Step> steps;
};

/// The image of a project's target: on a Debian base what the recipe needs, for all targets and then for this one; then
/// what the project adds. Other bases are expected to have what the recipe needs. An error where Debian has no package
/// for a need says what is missing. `rust` is the toolchain of rustup's that a Debian base has in place of Debian's.
Result<Chain> chain_for(const Reference& reference, const config::Recipe& recipe, const config::Target& target,
                        const config::Target& machine, const config::Placeholders& placeholders,
                        const config::Project& project, const std::optional<RustPin>& rust = {});

}  // namespace larder::image
