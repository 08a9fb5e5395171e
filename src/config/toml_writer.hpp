#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

namespace larder::config {

using TomlValue = std::variant<std::string, std::vector<std::string>>;

/// A TOML basic string in one line, with its quotes: `"a\tb"`.
std::string to_toml(const std::string& text);

/// The lines `key = value` of a table, in the order of its keys; a long list has one entry a line.
std::string to_toml(const std::map<std::string, TomlValue>& table);

}  // namespace larder::config
