#pragma once

#include <string>
#include <vector>

namespace larder::image {

/// The file in a root filesystem that says which packages it has.
inline constexpr const char* dpkg_status_file = "var/lib/dpkg/status";

/// The installed packages that such a file lists, as apt takes them: "gcc:amd64=4:12.2.0-3"; sorted.
std::vector<std::string> installed_packages(const std::string& status);

/// The parts of a word "gcc:amd64=4:12.2.0-3": name and version; without a version the second is empty.
struct PackageWord {
  std::string name;
  std::string version;
};
PackageWord parse_package(const std::string& word);

/// One line for each package that differs: "gcc 12.2.0-3 → 12.2.0-4", "+ jq 1.6-2.1", "- nano 7.2-1".
std::vector<std::string> package_changes(const std::vector<std::string>& before, const std::vector<std::string>& after);

}  // namespace larder::image
