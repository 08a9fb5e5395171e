#include "source/entry.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/sha256.hpp"

namespace larder::source {
namespace {

/// The slash is the lowest byte of a path, so that what is in a folder follows it at once.
unsigned rank(char c) { return c == '/' ? 0U : static_cast<unsigned char>(c); }

std::string_view bytes(const Digest& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

}  // namespace

bool same_content(const Entry& a, const Entry& b) {
  return a.kind == b.kind && a.mode == b.mode && a.content == b.content && is_known(a.content);
}

bool path_before(std::string_view a, std::string_view b) {
  if (a == b) return false;  // nearly always where two states of one project are compared, and quick to see
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](char x, char y) { return rank(x) < rank(y); });
}

bool is_below(std::string_view path, std::string_view folder) {
  if (folder.empty()) return !path.empty();
  return path.size() > folder.size() && path[folder.size()] == '/' && path.starts_with(folder);
}

bool is_gits_own(std::string_view path) {
  constexpr std::string_view git = ".git";
  if (path.find(git) == std::string_view::npos) return false;
  for (size_t start = 0; start <= path.size();) {
    const size_t end = std::min(path.find('/', start), path.size());
    if (path.substr(start, end - start) == git) return true;
    start = end + 1;
  }
  return false;
}

const Entry* find(const Entries& entries, std::string_view path) { return find_by_path(entries, path); }

Entry* find(Entries& entries, std::string_view path) {
  const Entry* found = find(std::as_const(entries), path);
  return found == nullptr ? nullptr : entries.data() + (found - entries.data());
}

std::string digest_of(const Entries& entries) {
  Sha256 hash;
  for (const Entry& entry : entries) {
    if (is_gits_own(entry.path)) continue;
    hash.field(entry.path);
    const std::array<uint8_t, 3> head = {static_cast<uint8_t>(entry.kind), static_cast<uint8_t>(entry.mode >> 8U),
                                         static_cast<uint8_t>(entry.mode & 0xffU)};
    hash.update(head.data(), head.size());
    hash.update(bytes(entry.content));
  }
  return hash.finish();
}

int64_t nanoseconds(const timespec& time) {
  constexpr int64_t seconds_max = std::numeric_limits<int64_t>::max() / one_second - 1;
  if (time.tv_sec > seconds_max) return seconds_max * one_second;
  if (time.tv_sec < -seconds_max) return -seconds_max * one_second;
  return time.tv_sec * one_second + time.tv_nsec;
}

timespec to_timespec(int64_t nanoseconds) {
  int64_t seconds = nanoseconds / one_second;
  int64_t rest = nanoseconds % one_second;
  if (rest < 0) {
    rest += one_second;
    --seconds;
  }
  return {seconds, rest};
}

}  // namespace larder::source
