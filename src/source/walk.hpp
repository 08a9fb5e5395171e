#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/os.hpp"
#include "source/entry.hpp"

namespace larder::source {

/// What the kernel says of a file without its being read. While it stays the same, so does the content, unless somebody
/// wrote within one tick of the clock.
struct Stamp {
  uint64_t size_bytes = 0;
  int64_t mtime = 0;  ///< nanoseconds since 1970; likewise:
  int64_t ctime = 0;
  uint64_t inode = 0;
  uint64_t device = 0;

  bool operator==(const Stamp&) const = default;
};

/// An entry as a walk has met it.
struct Seen {
  Entry entry;  ///< the content of files is read later (source/contents.hpp)
  Stamp stamp;
  std::string link;        ///< of a symbolic link: its text
  bool is_object = false;  ///< made by a compiler: an object, an archive or a program; known once the content is
};

/// A project's folder at one moment, sorted by `path_before`, beginning with the folder itself.
struct Walk {
  std::string folder;
  std::vector<std::string> left_out;
  std::vector<std::string> mounts;  ///< folders on which something is mounted: what is there cannot be shown otherwise
  std::vector<Seen> seen;
  int64_t began = 0;  ///< nanoseconds since 1970, by the clock that stamps files
};

/// Looks at everything in `folder` (absolute) on so many threads. What lies at the paths of `left_out` is not there for
/// the build, so it is not looked at, and its name does not count in its folder's content; nor are git's objects
/// looked at. What is mounted in the folder belongs to it. What cannot be read has no known content; what goes away
/// meanwhile is passed over.
Result<Walk> walk(Os& os, const std::string& folder, const std::vector<std::string>& left_out, unsigned workers);

/// The folders below `folder` (absolute) on which something is mounted now, relative to it; see proc(5) on mountinfo.
Result<std::vector<std::string>> mounts_below(Os& os, const std::string& folder);

/// Whether the path lies at or below one of the walk's mounts.
bool is_mounted(const Walk& walk, std::string_view path);

/// The walk's entry with this path; nullptr where there is none.
const Seen* find_seen(const Walk& walk, std::string_view path);

/// The entries alone.
Entries entries_of(const Walk& walk);

/// The symbolic links alone.
Links links_of(const Walk& walk);

/// Takes the content from those entries of `walk` that are not the same in the `later` one: who looked at them between
/// the two may have seen either state.
void forget_changed(Walk& walk, const Walk& later);

}  // namespace larder::source
