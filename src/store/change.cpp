#include "store/change.hpp"

#include <dirent.h>

#include "store/view.hpp"

namespace larder::store {
namespace {

constexpr int entries_max = 256;

bool same_time(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

/// A file whose size, mode and mtime are those below was copied up and not written to. An empty one (a lock) says
/// nothing by its mtime.
bool same_file(const struct stat& upper, const struct stat& lower) {
  return S_ISREG(upper.st_mode) && upper.st_mode == lower.st_mode && upper.st_size == lower.st_size &&
         (upper.st_size == 0 || same_time(upper.st_mtim, lower.st_mtim));
}

struct Comparison {
  Os& os;
  const View& below;
  int entries_seen = 0;

  Result<bool> entry_differs(int dir, const std::string& name, const std::string& path) {
    TRY_ASSIGN(const auto upper, os.stat(dir, name));
    TRY_ASSIGN(const auto lower, below.find(path));
    if (!upper || !lower) return true;
    if (!S_ISDIR(upper->st_mode)) return !same_file(*upper, lower->status);
    TRY_ASSIGN(const bool opaque, is_opaque(os, dir, name));
    if (opaque || lower->status.st_mode != upper->st_mode) return true;
    if ((upper->st_mode & (S_IRUSR | S_IXUSR)) != (S_IRUSR | S_IXUSR)) return true;  // its owner cannot look into it
    TRY_ASSIGN(const UniqueFd fd, os.open_dir(dir, name));
    return tree_differs(fd.get(), path + "/");
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

Result<bool> has_changes(const Store& store, const std::string& upper, const std::vector<std::string>& layers) {
  TRY_ASSIGN(const View below, View::open(store, layer_roots(layers)));
  TRY_ASSIGN(const UniqueFd fd, store.os().open_dir(store.dir(), upper));
  return Comparison{store.os(), below}.tree_differs(fd.get(), "");
}

}  // namespace larder::store
