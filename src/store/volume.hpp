#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"

namespace larder::store {

enum class VolumeClass {
  download,  ///< the same content for every target; concurrent commits merge
  compiled,  ///< belongs to one target, project and image; one writer at a time
  image      ///< a root filesystem; its variant is its digest, so it never changes
};

/// Which line of history: the ref refs/<trust>/<name>/<variant>.
struct VolumeKey {
  std::string name;
  std::string variant = "any";
  std::string trust = "trusted";

  bool operator==(const VolumeKey&) const = default;
};

/// What a build asks the store for.
struct VolumeSpec {
  VolumeKey key;
  VolumeClass volume_class = VolumeClass::download;
  std::string target;      ///< its short name
  std::string mount_path;  ///< in the sandbox
  std::string project;     ///< empty for download volumes
  std::string workspace;   ///< the project's folder on this machine; empty for download volumes
  std::string image;       ///< digest
  std::string recipe;      ///< "cargo 1"
};

const char* to_string(VolumeClass volume_class);
/// No value for a word that is none of theirs.
std::optional<VolumeClass> volume_class_of(const std::string& word);

/// Where a download volume is of use: those with the same place can have each other's content.
std::string place_of(const VolumeSpec& spec);

/// A part of a path in the store that came from outside: letters, digits, `.`, `_`, `-`, at most 128, not starting
/// with `.` or `-`. Anything else is refused: names joined raw into paths were CVE-2024-9675 in buildah.
Status check_name(const std::string& name, const std::string& what);
Status check_key(const VolumeKey& key);

}  // namespace larder::store
