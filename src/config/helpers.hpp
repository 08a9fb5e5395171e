#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/recipe.hpp"

namespace larder::config {

/// A manager of packages, and the systems that have it.
struct PackageManager {
  std::string name;
  std::vector<std::string> systems;  ///< as ID of os-release(5) says it
  std::string install;               ///< the command that takes packages
  std::string reinstall;
};

/// A program that Larder starts.
struct Helper {
  Environment packages;   ///< by the manager's name
  std::string otherwise;  ///< what to do where no package is known
};

/// helpers.toml.
struct Helpers {
  std::vector<PackageManager> managers;
  std::map<std::string, Helper> programs;
};

Result<Helpers> parse_helpers(const std::string& text, const std::string& file);

/// The manager of the system that the text of an os-release(5) file names, by ID, else by the first of ID_LIKE that is
/// known; null: none of these.
const PackageManager* manager_of(const Helpers& helpers, const std::string& os_release);

/// What brings these programs to the system: "sudo apt install bubblewrap uidmap". Where no package of its is known,
/// what to do instead, or else the names that the packages have in Debian.
std::string install_hint(const Helpers& helpers, const std::string& os_release,
                         const std::vector<std::string>& programs);

/// What brings these programs to this machine, by Larder's helpers.toml and /etc/os-release. Each program is one of
/// that file.
std::string install_hint(const std::vector<std::string>& programs);
/// What installs a program's package on this machine once more.
std::string reinstall_hint(const std::string& program);

}  // namespace larder::config
