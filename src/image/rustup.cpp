#include "image/rustup.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "base/environment.hpp"
#include "base/text.hpp"
#include "config/toml_reader.hpp"

namespace larder::image {
namespace {

namespace fs = std::filesystem;

fs::path rustup_home() {
  if (const std::string home = environment("RUSTUP_HOME"); !home.empty()) return home;
  const std::string home = environment("HOME");
  return home.empty() ? fs::path() : fs::path(home) / ".rustup";
}

/// Settings that are missing or cannot be parsed say nothing: rustup itself will complain about them when asked.
toml::table rustup_settings() {
  const fs::path home = rustup_home();
  std::error_code ignored;
  if (home.empty() || !fs::is_regular_file(home / "settings.toml", ignored)) return {};
  Os os;
  const auto text = config::read_config_file(os, home / "settings.toml");
  return text ? config::parse_foreign_toml(*text).value_or(toml::table()) : toml::table();
}

std::vector<std::string> words_of(const toml::node_view<const toml::node>& list) {
  std::vector<std::string> words;
  if (const toml::array* entries = list.as_array())
    for (const toml::node& entry : *entries)
      if (auto word = entry.value<std::string>()) words.push_back(std::move(*word));
  return words;
}

tl::unexpected<Error> unreadable(const fs::path& file, const std::string& why) {
  return fail(ErrorCode::usage, fmt::format("{} pins no toolchain", file.string()), why,
              "write `channel = \"1.85\"`, or the like, in its table [toolchain]; or remove the file");
}

/// A toolchain file in TOML: it names a channel, or the path of a toolchain from its own folder on.
Result<RustPin> read_toolchain_table(const fs::path& file, const std::string& text) {
  const auto table = config::parse_foreign_toml(text);
  if (!table) return unreadable(file, "it is no TOML");
  const auto toolchain = std::as_const(*table)["toolchain"];
  RustPin pin{toolchain["channel"].value_or(std::string()), file.filename().string(),
              toolchain["profile"].value_or(std::string()), words_of(toolchain["components"]),
              words_of(toolchain["targets"])};
  if (const auto path = toolchain["path"].value<std::string>()) {
    if (!pin.name.empty()) return unreadable(file, "it has both a channel and a path");
    pin.name = (file.parent_path() / *path).lexically_normal().string();
  }
  if (pin.name.empty() && pin.profile.empty() && pin.components.empty() && pin.targets.empty())
    return unreadable(file, "it says nothing");
  return pin;
}

/// The older form of the file is one line, the name of a toolchain.
Result<RustPin> read_toolchain_file(const fs::path& file) {
  Os os;
  TRY_ASSIGN(const std::string text, config::read_config_file(os, file.string()));
  const std::string word = trim(text);
  const bool is_one_line = word.find('\n') == std::string::npos;
  if (!is_one_line || file.extension() == ".toml") return read_toolchain_table(file, text);
  if (word.empty()) return unreadable(file, "it says nothing");
  return RustPin{word, file.filename().string()};
}

Result<std::optional<RustPin>> pin_for(const fs::path& folder, const toml::table& settings) {
  if (std::string name = environment("RUSTUP_TOOLCHAIN"); !name.empty())
    return std::optional(RustPin{std::move(name), "RUSTUP_TOOLCHAIN"});
  for (fs::path at = folder;; at = at.parent_path()) {
    if (const auto* overrides = settings["overrides"].as_table())
      if (auto name = (*overrides)[at.string()].value<std::string>())
        return std::optional(RustPin{std::move(*name), "an override in rustup's settings"});
    TRY_ASSIGN(auto pin, rust_pin_in(at.string()));
    if (pin) return pin;
    if (at == at.parent_path()) return std::optional<RustPin>();
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

/// Of two files rustup takes the one with the older name.
Result<std::optional<RustPin>> rust_pin_in(const std::string& folder) {
  std::error_code ignored;
  for (const char* name : {"rust-toolchain", "rust-toolchain.toml"}) {
    const fs::path file = fs::path(folder) / name;
    if (!fs::is_regular_file(file, ignored)) continue;
    TRY_ASSIGN(RustPin pin, read_toolchain_file(file));
    return std::optional(std::move(pin));
  }
  return std::optional<RustPin>();
}

Result<std::optional<RustPin>> rust_pin(const std::string& folder) {
  const toml::table settings = rustup_settings();
  TRY_ASSIGN(auto pin, pin_for(folder, settings));
  if (pin && pin->name.empty()) pin->name = settings["default_toolchain"].value_or(std::string("stable"));
  return pin;
}

std::vector<std::string> missing_components(const std::string& root, const RustPin& pin) {
  std::ifstream list(root + "/lib/rustlib/components");
  std::vector<std::string> installed;
  for (std::string line; std::getline(list, line);) installed.push_back(line);
  std::vector<std::string> missing;
  if (installed.empty()) return missing;
  for (const std::string& component : pin.components) {
    const auto is_it = [&](const std::string& name) { return name == component || name.starts_with(component + "-"); };
    if (std::none_of(installed.begin(), installed.end(), is_it)) missing.push_back(component);
  }
  return missing;
}

bool is_pinned_version(const std::string& name, const std::string& version) {
  const std::string channel = name.substr(0, name.find('-'));
  const std::string release = version.substr(0, version.find_first_not_of("0123456789."));
  if (release.empty()) return false;
  if (channel == "stable") return name.find("stable-20") == std::string::npos && release == version;
  return !channel.empty() && channel.find_first_not_of("0123456789.") == std::string::npos &&
         (release + ".").starts_with(channel + ".");
}

std::string installed_toolchain(const std::string& name) { return find_installed(name, rustup_settings()); }

std::string default_toolchain() {
  const toml::table settings = rustup_settings();
  return find_installed(settings["default_toolchain"].value_or(std::string()), settings);
}

}  // namespace larder::image
