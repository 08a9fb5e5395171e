#pragma once

#include "builds/plan/plan.hpp"
#include "config/placeholder.hpp"

namespace larder::builds {

/// The values of a recipe's placeholders for the target, but those that depend on its image.
config::Placeholders placeholders_for(const Plan& plan, const config::Target& target);

/// An image of which nothing is known but how it is to be made.
image::Image unmade_image(const image::Chain& chain);

/// The target's plan on this image: its tools, volumes, environment, commands and results follow from the image and
/// from what the plan says of project and recipe. Pure; made anew, so it may be called again once more is known.
Result<TargetPlan> on_image(const Plan& plan, const TargetPlan& planned, image::Image image);

/// What the recipe of a volume for tests ends with, where a build would take what tests have made for its own results.
/// It may start from a volume whose recipe is the rest.
constexpr std::string_view tests_suffix = ", for tests";

}  // namespace larder::builds
