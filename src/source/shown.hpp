#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "source/record.hpp"
#include "source/walk.hpp"

namespace larder::source {

/// One difference between what lies in the project and the volume, and what a build is to see.
struct Correction {
  enum class What : uint8_t {
    copy,    ///< the project's file or link, with another time, or above what the volume has in its place
    folder,  ///< a folder that takes another time, or around another correction
    gone,    ///< nothing, where a lower layer has something
    cover    ///< an empty folder, whatever lower layers have there
  };
  std::string path;
  What what = What::copy;
  Kind kind = Kind::none;
  uint16_t mode = 0;
  int64_t time = 0;  ///< nanoseconds since 1970
  Digest content = {};

  bool operator==(const Correction&) const = default;
};

/// What one build of a target is shown of a project.
struct Shown {
  Entries entries;                      ///< the project's, with the times that they are shown with
  OwnWrites own;                        ///< of earlier builds; what the user's has overruled now is marked
  std::vector<Correction> corrections;  ///< sorted by path
  size_t changed = 0;                   ///< how many entries differ from the record
  bool ahead = false;  ///< something cannot be shown as newer than the volume, which has files from the future, or
                       ///< since it lies on another mount
};

/// What `decide` asks about the volume that the build starts from.
struct VolumeFacts {
  /// The newest mtime in it, in nanoseconds since 1970. Asked at most once, and only where something has changed.
  std::function<Result<int64_t>()> newest;
  /// Whether what it has at this path is the same as the project's entry.
  std::function<Result<bool>(const Seen&)> has_same;
  /// Whether an entry counts as changed though its content is the same; may be empty.
  std::function<bool(const std::string& path)> counts_as_new = {};
};

/// Puts the folders around all corrections among them, with the modes and times that they are shown with, and sorts.
void add_folders_around(Shown& shown);

/// Decides what is shown, so that tools which compare times see the truth about content. Entries with the content of
/// the record get the time of then; others are newer than everything in the volume: with their own time where that is
/// so, else with `now` (nanoseconds since 1970). Where a link leads elsewhere, all that it leads to has changed,
/// through other links too. A build's own writes stand as long as the project has what they replaced.
Result<Shown> decide(const Walk& walk, const Record& base, const VolumeFacts& volume, int64_t now);

/// What a build is shown that starts from an empty volume: everything as it is, and nothing from the future.
Shown show_all(const Walk& walk, int64_t now);

}  // namespace larder::source
