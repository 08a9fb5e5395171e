#pragma once

#include <string>

namespace larder::config {

/// The package of Debian's that has what a build has asked for, by debian-index.txt; empty where none has. `table` says
/// what the word is, by the name of the table in hints.toml: "pkg_config" (the name of a .pc file), "cmake" (what
/// find_package searches), "header" (a path as #include has it) or "library" (what stands after -l).
std::string debian_package(const std::string& table, const std::string& word);

}  // namespace larder::config
