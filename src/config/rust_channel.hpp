#pragma once

#include <optional>
#include <string>

namespace larder::config {

/// The name of a toolchain of rustup's distribution, in its parts: "nightly-2026-01-15-x86_64-unknown-linux-gnu".
struct RustChannel {
  std::string name;  ///< "stable", "beta", "nightly", "1.85", "1.85.1", "1.85.0-beta.2"
  std::string date;  ///< "2026-01-15"; empty: the newest
  std::string host;  ///< the triple of the machine that it runs on; empty: this one's
};

/// Reads the name as rustup does (its `PartialToolchainDesc`); no value for any other one, such as a linked
/// toolchain's.
std::optional<RustChannel> parse_rust_channel(const std::string& text);

}  // namespace larder::config
