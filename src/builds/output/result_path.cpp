#include "builds/output/result_path.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "builds/plan/plan.hpp"

namespace larder::builds {
bool has_controls(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

std::optional<std::string> path_in_workspace(std::string_view folder, std::string_view path, std::string_view place) {
  if (path.empty() || path.size() > path_bytes_max || has_controls(path)) return std::nullopt;
  std::vector<std::string> parts;
  if (path.front() == '/') {
    const std::string prefix = std::string(place) + "/";
    if (!path.starts_with(prefix)) return std::nullopt;
    path.remove_prefix(prefix.size());
  } else if (!folder.empty()) {
    parts = split(folder, '/');
  }
  for (const std::string& part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else {
      if (parts.empty()) return std::nullopt;
      parts.pop_back();
    }
  }
  if (parts.empty()) return std::nullopt;
  return join(parts, "/");
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string name_of(const std::string& path) { return std::string(file_name(path)); }

std::string relative_path(const std::string& from, const std::string& to) {
  std::vector<std::string> here = split(from, '/');
  std::vector<std::string> there = split(to, '/');
  here.pop_back();
  size_t common = 0;
  while (common < here.size() && common + 1 < there.size() && here[common] == there[common]) ++common;
  std::vector<std::string> parts(here.size() - common, "..");
  parts.insert(parts.end(), there.begin() + static_cast<long>(common), there.end());
  return join(parts, "/");
}

}  // namespace larder::builds
