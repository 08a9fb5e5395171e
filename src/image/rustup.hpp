#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace larder::image {

/// What decides about the toolchain, where it is not rustup's default.
struct RustPin {
  std::string name;                          ///< "1.75.0", "nightly-2026-01-15"; or the absolute path of a toolchain
  std::string said_by;                       ///< "rust-toolchain.toml", "RUSTUP_TOOLCHAIN"
  std::string profile = {};                  ///< "minimal", "default", "complete"; empty: rustup's own
  std::vector<std::string> components = {};  ///< beside the profile's: "clippy", "rust-src"
  std::vector<std::string> targets = {};     ///< triples whose libraries it has, beside its own
};

/// The pin of a toolchain file in this folder itself (the rustup book, "Overrides"). Where it names components or
/// targets and no toolchain, the name is empty. An error where rustup could not read the file either.
Result<std::optional<RustPin>> rust_pin_in(const std::string& folder);

/// The pin that counts on this machine: of the variable, an override in rustup's settings, or a toolchain file in the
/// folder or above.
Result<std::optional<RustPin>> rust_pin(const std::string& folder);

/// What of the pinned components an installed toolchain lacks. One that no rustup has put there lacks none.
std::vector<std::string> missing_components(const std::string& root, const RustPin& pin);

/// Whether a compiler of this version ("1.85.0") is what the name of a toolchain asks for: "1.85", "1.85.0", or
/// "stable", which any release is.
bool is_pinned_version(const std::string& name, const std::string& version);

/// The root of an installed toolchain; empty where rustup has none of that name.
std::string installed_toolchain(const std::string& name);

/// The root of rustup's default toolchain; empty without rustup or where it has none such.
std::string default_toolchain();

}  // namespace larder::image
