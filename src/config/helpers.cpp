#include "config/helpers.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "config/embedded.hpp"
#include "config/toml_reader.hpp"

namespace larder::config {
namespace {

constexpr size_t os_release_bytes_max = size_t{64} << 10;

/// The value of a line `NAME=value`, without quotes; empty where there is none.
std::string value_in(const std::string& os_release, const std::string& name) {
  for (const std::string& line : split(os_release, '\n')) {
    if (!line.starts_with(name + "=")) continue;
    std::string value = trim(line.substr(name.size() + 1));
    if (value.size() > 1 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    return value;
  }
  return {};
}

void add_once(std::string word, std::vector<std::string>& words) {
  if (!word.empty() && !contains(words, word)) words.push_back(std::move(word));
}

std::string package_of(const Helper& helper, const std::string& manager) {
  const auto known = helper.packages.find(manager);
  return known == helper.packages.end() ? std::string() : known->second;
}

/// A system that is not known, or has no package for a program, is told the program, and what it is called in Debian.
std::string hint_without_package(const std::string& program, const Helper& helper) {
  if (!helper.otherwise.empty()) return helper.otherwise;
  return fmt::format("install {}; Debian has it in the package {}", program, package_of(helper, "apt"));
}

std::string os_release() {
  Os os;
  for (const char* file : {"/etc/os-release", "/usr/lib/os-release"})
    if (auto text = read_file(os, AT_FDCWD, file, os_release_bytes_max)) return std::move(*text);
  return {};
}

Helpers embedded() {
  auto helpers = parse_helpers(std::string(embedded_helpers()), "helpers.toml");
  INVARIANT(helpers);
  return std::move(*helpers);
}

}  // namespace

Result<Helpers> parse_helpers(const std::string& text, const std::string& file) {
  TRY_ASSIGN(TomlFile toml, TomlFile::parse(text, file));
  Helpers helpers;
  using Presence = TomlTable::Presence;
  const auto read_manager = [&](const std::string& name, TomlTable table) {
    PackageManager& manager = helpers.managers.emplace_back();
    manager.name = name;
    table.read({{"systems", &manager.systems, Presence::required},
                {"install", &manager.install, Presence::required},
                {"reinstall", &manager.reinstall, Presence::required}});
  };
  const auto read_program = [&](const std::string& name, TomlTable table) {
    Helper& helper = helpers.programs[name];
    table.read({{"packages", &helper.packages, Presence::required}, {"else", &helper.otherwise}});
  };
  toml.root().read({{"manager", TomlTable::NamedTables{read_manager}, Presence::required},
                    {"program", TomlTable::NamedTables{read_program}, Presence::required}});
  TRY(toml.status());
  return helpers;
}

const PackageManager* manager_of(const Helpers& helpers, const std::string& os_release) {
  std::vector<std::string> systems = {value_in(os_release, "ID")};
  for (std::string& like : split(value_in(os_release, "ID_LIKE"), ' ')) systems.push_back(std::move(like));
  for (const std::string& system : systems)
    for (const PackageManager& manager : helpers.managers)
      if (contains(manager.systems, system)) return &manager;
  return nullptr;
}

std::string install_hint(const Helpers& helpers, const std::string& os_release,
                         const std::vector<std::string>& programs) {
  const PackageManager* manager = manager_of(helpers, os_release);
  std::vector<std::string> packages;
  std::vector<std::string> others;
  for (const std::string& program : programs) {
    const Helper& helper = helpers.programs.at(program);
    std::string package = manager == nullptr ? "" : package_of(helper, manager->name);
    if (package.empty())
      add_once(hint_without_package(program, helper), others);
    else
      add_once(std::move(package), packages);
  }
  if (!packages.empty() && others.empty()) return manager->install + " " + join(packages, " ");
  return join(others, "; ");
}

std::string install_hint(const std::vector<std::string>& programs) {
  return install_hint(embedded(), os_release(), programs);
}

std::string reinstall_hint(const std::string& program) {
  const Helpers helpers = embedded();
  const PackageManager* manager = manager_of(helpers, os_release());
  const std::string package = manager == nullptr ? "" : package_of(helpers.programs.at(program), manager->name);
  if (package.empty()) return hint_without_package(program, helpers.programs.at(program));
  return manager->reinstall + " " + package;
}

}  // namespace larder::config
