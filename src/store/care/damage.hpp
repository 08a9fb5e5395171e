#pragma once

#include <compare>
#include <string>

namespace larder::store {

/// The ways in which a part of the store can be other than what was written.
enum class Harm {
  content,     ///< a file's bytes are others
  size,        ///< a file's; the bytes are then not read
  mode,        ///< permission bits
  mtime,       ///< a directory's is looked at only where no entry of it is missing or too many
  link,        ///< a symbolic link leads elsewhere
  opaque,      ///< a directory has overlayfs's mark that it hides what lies below, or has lost it
  xattr,       ///< extended attributes that a build has set on a file or directory
  type,        ///< a directory where a file was, and the like
  missing,     ///< with all that was in it
  extra,       ///< with all that is in it
  unreadable,  ///< the disk or the modes refuse
  torn         ///< a manifest, generation or ref that cannot be understood
};

const char* to_string(Harm harm);

/// One place in the store that is not as it was written.
struct Damage {
  std::string layer;  ///< empty for generations and refs
  std::string path;   ///< in the layer; empty where the layer as a whole is meant; else in the store
  Harm harm;

  auto operator<=>(const Damage&) const = default;
};

}  // namespace larder::store
