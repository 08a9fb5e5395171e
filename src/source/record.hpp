#pragma once

#include <optional>
#include <string>
#include <vector>

#include "source/entry.hpp"

namespace larder::source {

/// Something that a build has written, deleted or made in the source tree. It stays in the target's volume, and later
/// builds see it as long as the project has what it replaced, or the same as what was written; else the user's wins.
struct OwnWrite {
  std::string path;
  Kind kind = Kind::none;   ///< none: the build has deleted what was there
  uint16_t mode = 0;        ///< permission bits
  int64_t time = 0;         ///< its mtime, in nanoseconds since 1970
  Entry replaced;           ///< what the project had there; Kind::none: nothing. Its path and time say nothing
  bool alone = false;       ///< a folder through which nothing of the project shows: the build has made it anew
  bool overruled = false;   ///< the user's has won: it is never shown again, though layers still have it
  bool users_mode = false;  ///< a folder of which the user has changed theirs since: that one's mode is seen

  bool operator==(const OwnWrite&) const = default;
};

/// Sorted by `path_before`, each path once.
using OwnWrites = std::vector<OwnWrite>;

/// The source record of a compiled volume's generation: what its build could see of the project, with the times that it
/// was shown, and what builds have written into the source tree so far.
struct Record {
  Entries entries;
  OwnWrites own;
  std::string git = {};     ///< see `git_state`; empty: the project was no repository
  std::string around = {};  ///< what lay around the project, as its walker encodes it; empty: nothing was shown
  bool renames_folders =
      false;         ///< the build renames folders of the source tree, which an overlay refuses for lower ones
  Links links = {};  ///< where the project's links led; the entries have only the digests of their texts
  /// The entries that the builds of the volume have opened, as far as an engine has seen it; sorted.
  std::vector<std::string> opened = {};

  std::string encode() const;
  /// No value where the text is torn, altered or of another format.
  static std::optional<Record> decode(const std::string& text);
};

/// How two states of a project differ, without what is git's own; folders count by what is in them.
struct Difference {
  std::vector<std::string> changed;  ///< there in both
  std::vector<std::string> added;
  std::vector<std::string> removed;
  size_t same = 0;

  size_t count() const { return changed.size() + added.size() + removed.size(); }
};

Difference compare(const Entries& before, const Entries& after);

}  // namespace larder::source
