#include "store/layer/upper_changes.hpp"

#include <algorithm>

#include "base/glob.hpp"
#include "base/user_attributes.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::store {
namespace {

constexpr int entries_max = 256;

bool same_time(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

constexpr size_t rewritten_bytes_max = 1 << 20;

bool same_shape(const struct stat& upper, const struct stat& lower) {
  return S_ISREG(upper.st_mode) && upper.st_mode == lower.st_mode && upper.st_size == lower.st_size;
}

struct Comparison {
  Os& os;
  const MergedTree& below;
  const std::vector<std::string>& rewritten;
  int entries_seen = 0;

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

  /// A file whose size, mode and mtime are those below was copied up and not written to.
  Result<bool> content_differs(int dir, const std::string& name, const std::string& path, const struct stat& upper,
                               const MergedTree::Found& lower) {
    if (same_time(upper.st_mtim, lower.status.st_mtim)) return false;
    const bool may_be_rewritten = std::any_of(rewritten.begin(), rewritten.end(),
                                              [&](const std::string& pattern) { return glob_matches(pattern, path); });
    if (!may_be_rewritten || upper.st_size > static_cast<off_t>(rewritten_bytes_max)) return true;
    TRY_ASSIGN(const std::string now, read_file(os, dir, name, rewritten_bytes_max));
    TRY_ASSIGN(const std::string before, read_file(os, lower.dir.get(), lower.name, rewritten_bytes_max));
    return now != before;
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
