#include "image/dpkg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.hpp"

namespace larder::image {
namespace {

/// A paragraph's fields; continued lines are of no interest here.
std::map<std::string, std::string> fields_of(const std::string& paragraph) {
  std::map<std::string, std::string> fields;
  for (const std::string& line : split(paragraph, '\n')) {
    const size_t colon = line.find(": ");
    if (colon != std::string::npos && line.front() != ' ') fields[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return fields;
}

std::map<std::string, std::string> versions_of(const std::vector<std::string>& packages) {
  std::map<std::string, std::string> versions;
  for (const std::string& word : packages) {
    const PackageWord package = parse_package(word);
    versions[package.name] = package.version;
  }
  return versions;
}

}  // namespace

std::vector<std::string> installed_packages(const std::string& status) {
  std::vector<std::string> packages;
  for (size_t start = 0; start < status.size();) {
    const size_t end = std::min(status.find("\n\n", start), status.size());
    auto fields = fields_of(status.substr(start, end - start));
    if (fields["Status"].ends_with(" installed"))
      packages.push_back(fmt::format("{}:{}={}", fields["Package"], fields["Architecture"], fields["Version"]));
    start = end + 2;
  }
  std::sort(packages.begin(), packages.end());
  return packages;
}

PackageWord parse_package(const std::string& word) {
  const size_t equals = word.find('=');
  if (equals == std::string::npos) return {word, ""};
  return {word.substr(0, equals), word.substr(equals + 1)};
}

std::vector<std::string> package_changes(const std::vector<std::string>& before,
                                         const std::vector<std::string>& after) {
  const auto old_versions = versions_of(before);
  const auto new_versions = versions_of(after);
  std::vector<std::string> changes;
  for (const auto& [name, version] : new_versions) {
    const auto old = old_versions.find(name);
    if (old == old_versions.end())
      changes.push_back(fmt::format("+ {} {}", name, version));
    else if (old->second != version)
      changes.push_back(fmt::format("{} {} → {}", name, old->second, version));
  }
  for (const auto& [name, version] : old_versions)
    if (new_versions.count(name) == 0) changes.push_back(fmt::format("- {} {}", name, version));
  return changes;
}

}  // namespace larder::image
