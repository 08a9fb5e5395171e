#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/layer/merged_tree.hpp"

namespace larder::builds {

/// Of what cargo has built in a volume, gives the folders of all that may hold something of the image that it was built
/// on: programs, dynamic and static libraries and procedural macros, which are linked; build scripts and what they have
/// made; crates with another's objects in them, or whose compiler has read a file outside of `places` (folders in the
/// sandbox, such as "/workspace"). Without these folders, its fingerprints, cargo builds these again, and what depends
/// on them; the rest, Rust libraries, it keeps. Sorted paths in the volume; no value where there is nothing of cargo's.
/// Source: cargo's build cache (The Cargo Book) and the crate `cargo::core::compiler::fingerprint` in its
/// documentation.
Result<std::optional<std::vector<std::string>>> units_of_image(Os& os, const store::MergedTree& volume,
                                                               const std::vector<std::string>& places);

/// Whether an archive has other members than what rustc puts into a library of its own.
bool has_foreign_objects(std::string_view archive);

}  // namespace larder::builds
