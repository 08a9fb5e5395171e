#include "image/reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/text.hpp"

namespace larder::image {
namespace {

constexpr const char* default_registry = "docker.io";
constexpr size_t volume_name_max = 100;

bool is_plain(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-'; }

/// Debian's suites have no digits in their names, and its images' tags do: "debian:12" is a registry's.
bool is_suite(const std::string& name) {
  return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos && name != "latest";
}

size_t tag_position(const std::string& name) {
  const size_t colon = name.rfind(':');
  return colon == std::string::npos || name.find('/', colon) != std::string::npos ? std::string::npos : colon;
}

/// As docker completes a short name: the first part is a host where it looks like one.
std::string complete(const std::string& name) {
  const std::string first = name.substr(0, name.find('/'));
  const bool has_host =
      name.find('/') != std::string::npos && (first.find_first_of(".:") != std::string::npos || first == "localhost");
  std::string full = name;
  if (!has_host)
    full = fmt::format("{}/{}{}", default_registry, name.find('/') == std::string::npos ? "library/" : "", name);
  if (full.find('@') == std::string::npos && tag_position(full) == std::string::npos) full += ":latest";
  return full;
}

/// "FOLDER:TAG"; a folder's own name may have no colon.
Reference oci_reference(const std::string& place, const std::string& folder) {
  const size_t colon = tag_position(place);
  const std::string path = (std::filesystem::path(folder) / place.substr(0, colon)).lexically_normal().string();
  const std::string tag = colon == std::string::npos ? "" : place.substr(colon + 1);
  return {Source::oci_folder, "oci:" + path + (tag.empty() ? "" : ":" + tag), path, tag, !place.starts_with('/')};
}

bool has_controls(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_registry_name(const std::string& text) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./:@_-";
  constexpr std::string_view separators = ":/@";  // "oci:" lacks what it announces
  return !text.empty() && std::isalnum(static_cast<unsigned char>(text.front())) != 0 &&
         separators.find(text.back()) == std::string_view::npos && text.find_first_not_of(allowed) == std::string::npos;
}

}  // namespace

std::string Reference::volume_name() const {
  std::string full = volume_prefix + (source == Source::registry ? name : text);
  if (source == Source::oci_folder) full = volume_prefix + ("oci-" + std::filesystem::path(name).filename().string());
  for (char& c : full)
    if (!is_plain(c)) c = '-';
  return full.substr(0, volume_name_max);
}

Result<Reference> parse_reference(const std::string& text, const std::string& folder) {
  constexpr std::string_view daemon = "docker-daemon:";
  if (text.empty()) return parse_reference(default_image, folder);
  if (text == "host") return Reference{Source::host, text, text};
  if (text.starts_with("debian:") && is_suite(text.substr(7))) return Reference{Source::debian, text, text.substr(7)};
  if (text.starts_with(daemon)) {
    const std::string name = text.substr(daemon.size());
    if (is_registry_name(name)) return Reference{Source::docker_daemon, text, name};
  } else if (text.starts_with("oci:") && text.size() > 4 && !has_controls(text)) {
    return oci_reference(text.substr(4), folder);
  } else if (is_registry_name(text)) {
    return Reference{Source::registry, text, complete(text)};
  }
  return fail(ErrorCode::usage, fmt::format("'{}' names no image", printable(text)), {},
              "such as `host`, `debian:bookworm`, `docker.io/library/rust:1-bookworm`, `oci:FOLDER` or "
              "`docker-daemon:NAME`");
}

std::string without_tag(const std::string& name) {
  const std::string plain = name.substr(0, name.find('@'));
  return plain.substr(0, tag_position(plain));
}

}  // namespace larder::image
