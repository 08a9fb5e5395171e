#include "image/rustup.hpp"

#include <toml++/toml.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "base/environment.hpp"

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
  try {
    return toml::parse_file(file.string());
  } catch (const toml::parse_error&) {
    return std::nullopt;
  }
}

std::string channel_in(const fs::path& folder) {
  if (const auto table = read_toml(folder / "rust-toolchain.toml"))
    return (*table)["toolchain"]["channel"].value_or(std::string());
  std::error_code ignored;
  if (!fs::is_regular_file(folder / "rust-toolchain", ignored)) return {};
  std::ifstream old(folder / "rust-toolchain");
  std::string word;
  if (!(old >> word)) return {};
  if (word.front() != '[') return word;
  const auto table = read_toml(folder / "rust-toolchain");
  return table ? (*table)["toolchain"]["channel"].value_or(std::string()) : std::string();
}

std::string chosen_name(const fs::path& folder, const toml::table& settings) {
  if (const std::string name = environment("RUSTUP_TOOLCHAIN"); !name.empty()) return name;
  for (fs::path at = folder;; at = at.parent_path()) {
    if (const auto* overrides = settings["overrides"].as_table())
      if (const auto name = (*overrides)[at.string()].value<std::string>()) return *name;
    if (const std::string name = channel_in(at); !name.empty()) return name;
    if (at == at.parent_path()) break;
  }
  return settings["default_toolchain"].value_or(std::string());
}

/// "1.75" stands for the installed "1.75-x86_64-unknown-linux-gnu".
std::string installed(const fs::path& toolchains, const std::string& name, const std::string& host) {
  std::error_code ignored;
  for (const std::string& candidate : {name, name + "-" + host})
    if (fs::is_directory(toolchains / candidate / "bin", ignored)) return (toolchains / candidate).string();
  return {};
}

}  // namespace

std::string rustup_toolchain(const std::string& folder) {
  const fs::path home = rustup_home();
  if (home.empty()) return {};
  const auto settings = read_toml(home / "settings.toml");
  if (!settings) return {};
  const std::string name = chosen_name(folder, *settings);
  if (name.empty() || name.find('/') != std::string::npos) return {};
#if defined(__aarch64__)
  const std::string machine = "aarch64-unknown-linux-gnu";
#else
  const std::string machine = "x86_64-unknown-linux-gnu";
#endif
  return installed(home / "toolchains", name, (*settings)["default_host_triple"].value_or(machine));
}

}  // namespace larder::image
