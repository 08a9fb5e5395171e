#include "image/rustup.hpp"

#include <toml++/toml.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>

#include "base/environment.hpp"
#include "config/toml_reader.hpp"

namespace larder::image {
namespace {

namespace fs = std::filesystem;

fs::path rustup_home() {
  if (const std::string home = environment("RUSTUP_HOME"); !home.empty()) return home;
  const std::string home = environment("HOME");
  return home.empty() ? fs::path() : fs::path(home) / ".rustup";
}

/// A file that is missing or cannot be parsed says nothing: rustup itself will complain about it when asked.
std::optional<toml::table> read_toml(const fs::path& file) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return std::nullopt;
  Os os;
  const auto text = config::read_config_file(os, file.string());
  return text ? config::parse_foreign_toml(*text) : std::nullopt;
}

std::string first_word(const fs::path& file) {
  std::error_code ignored;
  std::string word;
  if (!fs::is_regular_file(file, ignored)) return word;
  std::ifstream stream(file);
  stream >> word;
  return word.starts_with('[') ? "" : word;
}

/// What a toolchain file names: a channel, or the path of a toolchain from its own folder on.
std::string named_in(const toml::table& table, const fs::path& folder) {
  const auto toolchain = table["toolchain"];
  if (const auto path = toolchain["path"].value<std::string>()) return (folder / *path).lexically_normal().string();
  return toolchain["channel"].value_or(std::string());
}

std::optional<RustPin> pin_in(const fs::path& folder) {
  for (const char* name : {"rust-toolchain.toml", "rust-toolchain"}) {
    const auto table = read_toml(folder / name);
    const bool may_be_a_word = name == std::string_view("rust-toolchain");
    const std::string pinned = table           ? named_in(*table, folder)
                               : may_be_a_word ? first_word(folder / name)
                                               : std::string();
    if (!pinned.empty()) return RustPin{pinned, name};
  }
  return std::nullopt;
}

toml::table rustup_settings() {
  const fs::path home = rustup_home();
  return home.empty() ? toml::table() : read_toml(home / "settings.toml").value_or(toml::table());
}

std::optional<RustPin> pin_for(const fs::path& folder, const toml::table& settings) {
  if (std::string name = environment("RUSTUP_TOOLCHAIN"); !name.empty())
    return RustPin{std::move(name), "RUSTUP_TOOLCHAIN"};
  for (fs::path at = folder;; at = at.parent_path()) {
    if (const auto* overrides = settings["overrides"].as_table())
      if (auto name = (*overrides)[at.string()].value<std::string>())
        return RustPin{std::move(*name), "an override in rustup's settings"};
    if (auto pin = pin_in(at)) return pin;
    if (at == at.parent_path()) return std::nullopt;
  }
}

std::string host_triple(const toml::table& settings) {
#if defined(__aarch64__)
  const std::string machine = "aarch64-unknown-linux-gnu";
#else
  const std::string machine = "x86_64-unknown-linux-gnu";
#endif
  return settings["default_host_triple"].value_or(machine);
}

/// "1.75" stands for the installed "1.75-x86_64-unknown-linux-gnu".
std::string find_installed(const std::string& name, const toml::table& settings) {
  std::error_code ignored;
  if (name.starts_with('/')) return fs::is_directory(fs::path(name) / "bin", ignored) ? name : "";
  const fs::path home = rustup_home();
  if (home.empty() || name.empty() || name.find('/') != std::string::npos) return {};
  for (const std::string& candidate : {name, name + "-" + host_triple(settings)})
    if (fs::is_directory(home / "toolchains" / candidate / "bin", ignored))
      return (home / "toolchains" / candidate).string();
  return {};
}

}  // namespace

std::optional<RustPin> project_rust_pin(const std::string& folder) {
  for (fs::path at = folder;; at = at.parent_path()) {
    if (auto pin = pin_in(at)) return pin;
    if (at == at.parent_path()) return std::nullopt;
  }
}

std::optional<RustPin> rust_pin(const std::string& folder) { return pin_for(folder, rustup_settings()); }

bool is_pinned_version(const std::string& name, const std::string& version) {
  const std::string channel = name.substr(0, name.find('-'));
  const std::string release = version.substr(0, version.find_first_not_of("0123456789."));
  if (release.empty()) return false;
  if (channel == "stable") return name.find("stable-20") == std::string::npos && release == version;
  return !channel.empty() && channel.find_first_not_of("0123456789.") == std::string::npos &&
         (release + ".").starts_with(channel + ".");
}

std::string installed_toolchain(const std::string& name) { return find_installed(name, rustup_settings()); }

std::string rustup_toolchain(const std::string& folder) {
  const toml::table settings = rustup_settings();
  if (settings.empty()) return {};
  const auto pin = pin_for(folder, settings);
  return find_installed(pin ? pin->name : settings["default_toolchain"].value_or(std::string()), settings);
}

}  // namespace larder::image
