#include "share/remote_name.hpp"

#include <algorithm>

#include "base/sha256.hpp"
#include "base/text.hpp"

namespace larder::share {
namespace {

// A tag has at most 128 characters: docs of OCI's distribution specification, "Pulling manifests".
constexpr size_t project_max = 30;
constexpr size_t branch_max = 24;
constexpr size_t volume_max = 42;

bool is_plain(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// The first characters of a name, fit for a tag, and a hash of the whole. skopeo's `oci:` takes no tag in which two
/// signs that are neither letter nor digit follow each other (containers/image, oci/layout/oci_transport.go).
std::string short_name(const std::string& text, const std::string& identity, size_t max) {
  std::string word;
  for (const char c : text.substr(0, max))
    if (is_plain(c))
      word += c;
    else if (!word.empty() && is_plain(word.back()))
      word += c == '_' ? c : '-';
  if (!word.empty() && is_plain(word.back())) word += '-';
  return word + sha256_hex(identity).substr(0, 8);
}

bool is_part(const std::string& part) {
  return !part.empty() && part.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == std::string::npos &&
         part.front() != '-' && part.front() != '.';
}

bool is_host(const std::string& host) { return host.find_first_of(".:") != std::string::npos || host == "localhost"; }

}  // namespace

Result<std::string> parse_remote(const std::string& text) {
  const auto parts = split(text, '/');
  const std::string& host = parts.front();
  const bool plain = host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-[]") ==
                         std::string::npos &&
                     !host.empty() && host.front() != '-';
  if (plain && is_host(host) && parts.size() > 1 && std::all_of(parts.begin() + 1, parts.end(), is_part)) return text;
  const size_t login_end = host.rfind('@');
  if (login_end != std::string::npos)
    return fail(ErrorCode::usage,
                "'" + printable(text.substr(login_end + 1)) + "' has a login before it, which does not belong there",
                {}, "`skopeo login " + printable(host.substr(login_end + 1)) + "` keeps it");
  const std::string small = host + lower_case(text.substr(host.size()));
  if (small != text && parse_remote(small))
    return fail(ErrorCode::usage, "'" + printable(text) + "' names no repository of a registry",
                "a repository's name has small letters", "'" + small + "'");
  return fail(ErrorCode::usage, "'" + printable(text) + "' names no repository of a registry", {},
              "REGISTRY/REPOSITORY without a tag, such as ghcr.io/org/cache");
}

std::string project_prefix(const std::string& project) { return "p" + short_name(project, project, project_max) + "."; }

std::string tag_prefix(const std::string& project, const std::string& branch) {
  return project_prefix(project) + short_name(branch, branch, branch_max) + ".";
}

std::string tag_of(const std::string& project, const std::string& branch, const store::VolumeSpec& spec) {
  Sha256 hash;
  for (const std::string& field : {spec.key.name(), spec.image, spec.recipe, spec.mount_path}) hash.field(field);
  return tag_prefix(project, branch) + short_name(spec.key.name(), hash.finish(), volume_max);
}

}  // namespace larder::share
