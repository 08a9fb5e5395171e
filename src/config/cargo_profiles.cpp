#include "config/cargo_profiles.hpp"

#include "config/toml_reader.hpp"

namespace larder::config {

std::vector<std::string> cargo_profiles(const std::string& folder) {
  Os os;
  const auto text = read_config_file(os, folder + "/Cargo.toml");
  const auto file = text ? parse_foreign_toml(*text) : std::nullopt;
  const toml::table* profiles = file ? file->get_as<toml::table>("profile") : nullptr;
  std::vector<std::string> names;
  if (profiles == nullptr) return names;
  for (const auto& [name, settings] : *profiles) names.emplace_back(name.str());
  return names;
}

}  // namespace larder::config
