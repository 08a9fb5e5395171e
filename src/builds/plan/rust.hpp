#pragma once

#include "builds/plan/plan.hpp"

namespace larder::builds {

/// Decides which Rust builds are made with, for a recipe that can have rustup's. In the order of weight: `+1.85` at the
/// front of the tool's arguments, which is taken out of them; `[build] rust`, with the components of the project's
/// toolchain file; RUSTUP_TOOLCHAIN; the toolchain file where the tool starts or above it in what builds see.
Status choose_rust(Plan& plan);

/// Which Rust the image's step has put there, and who says so: "Rust 1.85, by rust-toolchain.toml"; empty: it has none
/// such.
std::string pinned_rust(const Plan& plan, const image::Image& image);

/// An error where what the caller or larder.toml asks for means nothing to an image that has a Rust of its own.
Status refuse_rust(const Plan& plan, const std::string& image);

}  // namespace larder::builds
