#pragma once

#include <string>

namespace larder::image {

/// The folder of the toolchain that rustup would use in the project's folder; empty where there is no rustup or
/// that toolchain is not installed. Order as rustup documents it ("Overrides"): RUSTUP_TOOLCHAIN, directory
/// override, rust-toolchain.toml or rust-toolchain in the folder or above, default.
std::string rustup_toolchain(const std::string& folder);

}  // namespace larder::image
