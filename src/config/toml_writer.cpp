#include "config/toml_writer.hpp"

#include <toml++/toml.h>

#include <sstream>

namespace larder::config {
namespace {

/// Strings are written with escapes instead of over several lines, so that the lines of a diff are whole values.
constexpr auto flags = toml::format_flags::allow_unicode_strings | toml::format_flags::indent_array_elements;

std::string format(const toml::node& node) {
  std::ostringstream text;
  text << toml::toml_formatter(node, flags);
  return text.str();
}

}  // namespace

std::string to_toml(const std::string& text) { return format(toml::value<std::string>(text)); }

std::string to_toml(const std::map<std::string, TomlValue>& table) {
  toml::table nodes;
  for (const auto& [key, value] : table) {
    if (const auto* text = std::get_if<std::string>(&value)) {
      nodes.insert(key, *text);
      continue;
    }
    toml::array list;
    for (const std::string& entry : std::get<std::vector<std::string>>(value)) list.push_back(entry);
    nodes.insert(key, std::move(list));
  }
  return format(nodes) + "\n";
}

}  // namespace larder::config
