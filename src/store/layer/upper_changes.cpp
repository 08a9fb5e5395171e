#include "store/layer/upper_changes.hpp"

#include <fcntl.h>

#include <algorithm>

#include "base/glob.hpp"
#include "base/hash_file.hpp"
#include "base/user_attributes.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::store {
namespace {

constexpr int entries_max = 256;

bool same_time(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

/// So much is read to find that nothing has changed; beyond it, a layer more costs less.
constexpr uint64_t bytes_max = uint64_t{64} << 20;

bool same_shape(const struct stat& upper, const struct stat& lower) {
  return S_ISREG(upper.st_mode) && upper.st_mode == lower.st_mode && upper.st_size == lower.st_size;
}

struct Comparison {
  Os& os;
  const MergedTree& below;
  const std::vector<std::string>& rewritten;
  int entries_seen = 0;
  uint64_t bytes_read = 0;

  Result<bool> entry_differs(int dir, const std::string& name, const std::string& path) {
    TRY_ASSIGN(const auto upper, os.stat(dir, name));
    TRY_ASSIGN(const auto lower, below.find(path));
    if (!upper || !lower) return true;
    if (!S_ISDIR(upper->st_mode)) return file_differs(dir, name, path, *upper, *lower);
    if (lower->status.st_mode != upper->st_mode) return true;
    if ((upper->st_mode & (S_IRUSR | S_IXUSR)) != (S_IRUSR | S_IXUSR)) return true;  // its owner cannot look into it
    TRY_ASSIGN(const bool other_attributes, attributes_differ(dir, name, *lower));
    if (other_attributes) return true;
    TRY_ASSIGN(const UniqueFd fd, os.open_dir(dir, name));
    TRY_ASSIGN(const bool opaque, is_opaque(os, dir, name));
    if (opaque) {  // it was removed and made again
      TRY_ASSIGN(const bool lacks, lacks_entries(fd.get(), path));
      if (lacks) return true;
    }
    return tree_differs(fd.get(), path + "/");
  }

  /// Whether this folder below has an entry that the new folder has not.
  Result<bool> lacks_entries(int dir, const std::string& folder) {
    bool lacks = false;
    const auto visit = [&](const MergedEntry& entry) -> Status {
      if (lacks || entry.path != folder + "/" + entry.name) return {};
      TRY_ASSIGN(const auto status, os.stat(dir, entry.name));
      lacks = !status;
      return {};
    };
    TRY(below.walk(visit, [&](const std::string& above) { return (folder + "/").starts_with(above + "/"); }));
    return lacks;
  }

  Result<bool> attributes_differ(int dir, const std::string& name, const MergedTree::Found& lower) {
    TRY_ASSIGN(const UserAttributes now, read_user_attributes(os, dir, name));
    TRY_ASSIGN(const UserAttributes before, read_user_attributes(os, lower.dir.get(), lower.name));
    return now != before;
  }

  Result<bool> file_differs(int dir, const std::string& name, const std::string& path, const struct stat& upper,
                            const MergedTree::Found& lower) {
    if (!same_shape(upper, lower.status)) return true;
    if ((upper.st_mode & S_IRUSR) == 0) return true;  // its owner cannot look into it
    TRY_ASSIGN(const bool other_content, content_differs(dir, name, path, upper, lower));
    if (other_content) return true;
    return attributes_differ(dir, name, lower);
  }

  /// A file with another mtime has changed, unless it is of those that are always rewritten. One with the same was
  /// copied up, or written and given its old time again: only the content tells.
  Result<bool> content_differs(int dir, const std::string& name, const std::string& path, const struct stat& upper,
                               const MergedTree::Found& lower) {
    const bool may_be_rewritten = matches_any(rewritten, path);
    if (!may_be_rewritten && !same_time(upper.st_mtim, lower.status.st_mtim)) return true;
    bytes_read += static_cast<uint64_t>(upper.st_size);
    if (bytes_read > bytes_max) return true;
    TRY_ASSIGN(const UniqueFd now, os.open(dir, name, O_RDONLY | O_NOFOLLOW));
    TRY_ASSIGN(const UniqueFd before, os.open(lower.dir.get(), lower.name, O_RDONLY | O_NOFOLLOW));
    std::vector<char> buffer(hash_buffer_bytes);
    TRY_ASSIGN(const std::string content, hash_file(os, now.get(), buffer));
    TRY_ASSIGN(const std::string old_content, hash_file(os, before.get(), buffer));
    return content != old_content;
  }

  Result<bool> tree_differs(int dir, const std::string& prefix) {
    TRY_ASSIGN(const auto entries, os.list(dir, "."));
    for (const DirEntry& entry : entries) {
      if (++entries_seen > entries_max) return true;
      TRY_ASSIGN(const bool differs, entry_differs(dir, entry.name, prefix + entry.name));
      if (differs) return true;
    }
    return false;
  }
};

}  // namespace

Result<bool> has_changes(const Store& store, const std::string& upper, const std::vector<std::string>& layers,
                         const std::vector<std::string>& rewritten) {
  TRY_ASSIGN(const MergedTree below, MergedTree::open(store, layer_roots(layers)));
  TRY_ASSIGN(const UniqueFd fd, store.os().open_dir(store.dir(), upper));
  return Comparison{store.os(), below, rewritten}.tree_differs(fd.get(), "");
}

}  // namespace larder::store
