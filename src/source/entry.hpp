#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace larder::source {

/// What an entry of a project's folder is. The numbers are those of the files that Larder writes.
enum class Kind : uint8_t {
  none = 0,  ///< there is nothing
  file = 1,
  folder = 2,
  link = 3,
  other = 4  ///< a FIFO, a socket or a device: it is never opened
};

/// SHA-256 of what an entry holds: a file's bytes, a link's text, the names and kinds in a folder. All zero where it is
/// not known; then it equals nothing, not even itself.
using Digest = std::array<uint8_t, 32>;

constexpr bool is_known(const Digest& digest) { return digest != Digest{}; }

/// One entry of a project as a build sees it.
struct Entry {
  std::string path;  ///< relative to the project's folder, without "./"; empty: that folder itself
  Kind kind = Kind::none;
  uint16_t mode = 0;  ///< permission bits
  Digest content = {};
  int64_t time = 0;  ///< mtime in nanoseconds since 1970: the file's own in a walk, the one that was shown in a record

  bool operator==(const Entry&) const = default;
};

/// Sorted by `path_before`, each path once.
using Entries = std::vector<Entry>;

/// A symbolic link of a project, and its text.
struct Link {
  std::string path;
  std::string text;

  bool operator==(const Link&) const = default;
};

/// Sorted by `path_before`, each path once.
using Links = std::vector<Link>;

/// Whether a build that reads both sees the same, whatever their times.
bool same_content(const Entry& a, const Entry& b);

/// The order of all lists of entries: a folder comes before what is in it, and all of that before its next sibling.
bool path_before(std::string_view a, std::string_view b);

/// Whether `path` lies somewhere below `folder`; everything lies below the empty path, but itself.
bool is_below(std::string_view path, std::string_view folder);

/// Whether the path is git's own, at the top or in a folder: what git keeps there says nothing about the project.
bool is_gits_own(std::string_view path);

/// The item with this path in a list that is sorted by `path_before`; nullptr where there is none.
template <typename Item>
const Item* find_by_path(const std::vector<Item>& items, std::string_view path) {
  const auto found = std::lower_bound(items.begin(), items.end(), path,
                                      [](const Item& a, std::string_view b) { return path_before(a.path, b); });
  return found != items.end() && found->path == path ? &*found : nullptr;
}

/// The entry with this path; nullptr where there is none.
const Entry* find(const Entries& entries, std::string_view path);
Entry* find(Entries& entries, std::string_view path);

/// One digest of all that the entries hold, without their times and without what is git's own: the same for every
/// clone.
std::string digest_of(const Entries& entries);

constexpr int64_t one_second = 1'000'000'000;  ///< in nanoseconds

/// Nanoseconds since 1970; times that do not fit (before 1678, after 2261) become the nearest that does.
int64_t nanoseconds(const timespec& time);
timespec to_timespec(int64_t nanoseconds);

}  // namespace larder::source
