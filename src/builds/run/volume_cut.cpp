#include "builds/run/volume_cut.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "store/layer/merged_tree.hpp"

namespace larder::builds {
namespace {

/// Makes the folder in the upper as the layers show it, but for its time, which overlayfs does not carry over either
/// where something in the folder is deleted.
Status make_folder(Os& os, const store::MergedTree& volume, int upper, const std::string& path) {
  TRY_ASSIGN(const auto there, os.stat(upper, path));
  if (there) return {};
  TRY_ASSIGN(const auto found, volume.find(path));
  INVARIANT(found.has_value());
  TRY(os.mkdir(upper, path, 0700));
  return os.chmod(upper, path, found->status.st_mode & 07777U);
}

bool lies_below_one(const std::string& path, const std::set<std::string>& paths) {
  for (size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
    if (paths.contains(path.substr(0, slash))) return true;
  return false;
}

}  // namespace

Status cut_from_volume(const store::Store& store, const store::Generation& base, const std::string& upper,
                       const std::set<std::string>& paths) {
  if (paths.empty()) return {};
  Os& os = store.os();
  TRY_ASSIGN(const auto volume, store::MergedTree::open(store, store::layer_roots(base.layers)));
  TRY_ASSIGN(const UniqueFd dir, os.open_dir(store.dir(), upper));
  for (const std::string& path : paths) {
    if (lies_below_one(path, paths)) continue;
    for (size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
      TRY(make_folder(os, volume, dir.get(), path.substr(0, slash)));
    TRY(os.mknod(dir.get(), path, S_IFCHR, makedev(0, 0)));
  }
  return {};
}

}  // namespace larder::builds
