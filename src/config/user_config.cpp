#include "config/user_config.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <string_view>

#include "base/os.hpp"
#include "base/text.hpp"
#include "config/toml_reader.hpp"

namespace larder::config {
namespace {

/// Whether it can be an address in a list of apt's: one word with a scheme.
bool is_mirror(const std::string& text) {
  const size_t colon = text.find(":/");
  return colon != std::string::npos && colon > 0 && text.find_first_of(" \t\n[]") == std::string::npos;
}

/// "HOST/NAME", where each image is one tag.
bool is_repository(const std::string& text) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789./:_-";
  const size_t slash = text.find('/');
  const bool has_host = slash != std::string::npos && text.substr(0, slash).find_first_of(".:") != std::string::npos;
  const bool has_name = has_host && slash + 1 < text.size() && text.find(':', slash) == std::string::npos;
  return has_name && text.front() != '-' && text.find_first_not_of(allowed) == std::string::npos &&
         text.find("//") == std::string::npos && !text.ends_with('/');
}

}  // namespace

Result<UserConfig> parse_user_config(const std::string& text, const std::string& file) {
  TRY_ASSIGN(TomlFile toml, TomlFile::parse(text, file));
  UserConfig settings;
  TomlTable root = toml.root();
  root.read({{"mirror", &settings.mirror},
             {"debian_image", &settings.debian_image},
             {"cache", TomlTable::Table{[&](TomlTable table) { read_cache(table, settings.cache, settings.remote); }}},
             {"remote", TomlTable::Table{[&](TomlTable table) { read_remote_of_user(table, settings.remote); }}}});
  if (root.has("mirror") && !is_mirror(settings.mirror))
    root.mistake("mirror", fmt::format("'mirror' is no address: '{}'", printable(settings.mirror)),
                 "as apt has it, such as \"https://mirror.example/debian\"");
  if (root.has("debian_image") && !is_repository(settings.debian_image))
    root.mistake(
        "debian_image",
        fmt::format("'debian_image' names no repository of a registry: '{}'", printable(settings.debian_image)),
        "with its registry and without a tag, such as \"registry.example/library/debian\"");
  TRY(toml.status());
  return settings;
}

Result<UserConfig> load_user_config(const std::string& user_dir) {
  if (user_dir.empty()) return UserConfig{};
  Os os;
  const std::string file = user_dir + "/config.toml";
  TRY_ASSIGN(const auto found, os.stat(AT_FDCWD, file));
  if (!found) return UserConfig{};
  TRY_ASSIGN(const std::string text, read_config_file(os, file));
  return parse_user_config(text, file);
}

}  // namespace larder::config
