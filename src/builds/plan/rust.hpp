#pragma once

#include <string>

#include "builds/plan/plan.hpp"

namespace larder::builds {

/// Why Larder's own image does not do for the project: the toolchain that it pins is not Debian's, whose version is
/// `has`, or unknown where that is empty.
Error rust_not_to_be_had(const image::RustPin& pin, const std::string& has);

/// An error where the project pins another Rust than the image of Larder's own has, by the version of its package.
Status check_rust(const Plan& plan, const TargetPlan& target);

/// That Debian's release stands for the channel `stable`, which the project pins; else empty.
std::string note_of_rust(const Plan& plan, const TargetPlan& target);

}  // namespace larder::builds
