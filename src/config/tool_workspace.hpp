#pragma once

#include <string>

namespace larder::config {

/// The root of the workspace that the package at or above `start` (absolute) belongs to, as cargo finds it: the folder
/// that `workspace` in the package's `file` (Cargo.toml) names, else the nearest one at or above the package whose
/// `file` has a table `workspace` which does not exclude the package. Empty: no package, or one of its own.
/// Source: https://doc.rust-lang.org/cargo/reference/workspaces.html
std::string tool_workspace(const std::string& start, const std::string& file);

}  // namespace larder::config
