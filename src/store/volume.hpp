#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/result.hpp"

namespace larder::store {

/// The kind of a volume's content, which decides who may write to it and whether commits merge.
enum class VolumeClass {
  download,  ///< the same content for every target; concurrent commits merge
  compiled,  ///< belongs to one target, project and image; one writer at a time
  image      ///< a root filesystem; its variant is its digest, so it never changes
};

/// Whose builds write to a volume. Builds of untrusted code never write to a trusted volume.
enum class Trust { trusted, untrusted };

/// The variant of a volume that has only one.
inline constexpr const char* any_variant = "any";

/// The names of a volume and of one line of its history, whose refs lie in refs/<trust>/<name>/<variant>. Names are
/// checked when the key is made (see `check_name`), so that no key leads out of the store.
class VolumeKey {
 public:
  /// Names no volume; a value to be replaced.
  VolumeKey() = default;
  /// ErrorCode::usage for names that cannot be those of a volume.
  static Result<VolumeKey> make(std::string name, std::string variant = any_variant, Trust trust = Trust::trusted);
  /// Makes a key of what a file or folder says; `trust` is the word for one.
  static Result<VolumeKey> parse(std::string name, std::string variant, const std::string& trust);

  const std::string& name() const { return name_; }
  const std::string& variant() const { return variant_; }
  Trust trust() const { return trust_; }

  bool operator==(const VolumeKey&) const = default;

 private:
  VolumeKey(std::string name, std::string variant, Trust trust)
      : name_(std::move(name)), variant_(std::move(variant)), trust_(trust) {}

  std::string name_;
  std::string variant_ = any_variant;
  Trust trust_ = Trust::trusted;
};

/// A volume as a build asks the store for it, and as each of its generations notes it.
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

const char* to_string(Trust trust);
const char* to_string(VolumeClass volume_class);
/// The class that `to_string` gives this word for; no value where there is none.
std::optional<VolumeClass> volume_class_of(const std::string& word);

/// The place where a download volume is of use, as a text to compare: volumes with the same place can have each other's
/// content.
std::string place_of(const VolumeSpec& spec);

/// Checks a name from outside that becomes a part of a path in the store: letters, digits, `.`, `_`, `-`, at most 128,
/// not starting with `.` or `-`. Anything else is refused: names joined raw into paths were CVE-2024-9675 in buildah.
Status check_name(const std::string& name, const std::string& what);

}  // namespace larder::store
