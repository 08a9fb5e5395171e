#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace larder::builds {

/// The longest path that is taken from a tool, in bytes.
inline constexpr size_t path_bytes_max = 4096;

/// The path relative to the project's folder, which the tool sees at `place`, of a file that a tool names: absolute in
/// the sandbox, or relative to `folder`, which is relative to /workspace (empty: that itself). `.` and `..` are taken
/// out by their words, as for a tree without links. No value for a path outside of /workspace, and for one with control
/// characters.
std::optional<std::string> path_in_workspace(std::string_view folder, std::string_view path,
                                             std::string_view place = "/workspace");

/// Whether text could steer a terminal: it has bytes below 0x20, or 0x7f.
bool has_controls(std::string_view text);

/// The folder of a path; empty where it has none.
std::string folder_of(const std::string& path);

/// The last part of a path.
std::string name_of(const std::string& path);

/// How a link in the folder of `from` is to call `to`; both relative to the same folder, without `.` and `..`.
std::string relative_path(const std::string& from, const std::string& to);

}  // namespace larder::builds
