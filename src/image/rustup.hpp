#pragma once

#include <optional>
#include <string>

namespace larder::image {

/// What decides about the toolchain, where it is not rustup's default.
struct RustPin {
  std::string name;     ///< "1.75.0", "nightly-2026-01-15"; or the absolute path of a toolchain
  std::string said_by;  ///< "rust-toolchain.toml", "RUSTUP_TOOLCHAIN"
};

/// The pin of the project: of a toolchain file in its folder or above (the rustup book, "Overrides").
std::optional<RustPin> project_rust_pin(const std::string& folder);

/// The pin that counts on this machine: of the variable, an override in rustup's settings, or a toolchain file.
std::optional<RustPin> rust_pin(const std::string& folder);

/// Whether a compiler of this version ("1.85.0") is what the name of a toolchain asks for: "1.85", "1.85.0", or
/// "stable", which any release is.
bool is_pinned_version(const std::string& name, const std::string& version);

/// The root of an installed toolchain; empty where rustup has none of that name.
std::string installed_toolchain(const std::string& name);

/// The root of the toolchain that rustup would take for this folder; empty without rustup or where it has none such.
std::string rustup_toolchain(const std::string& folder);

}  // namespace larder::image
