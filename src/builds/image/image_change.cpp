#include "builds/image/image_change.hpp"

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/glob.hpp"
#include "base/hash_file.hpp"
#include "image/catalog.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::builds {
namespace {

using store::MergedTree;

/// What apt, dpkg and ldconfig write at each run, and no build reads.
const std::vector<std::string>& written_by_every_run() {
  static const std::vector<std::string> patterns = {"var/log/**",
                                                    "var/cache/**",
                                                    "var/lib/apt/**",
                                                    "var/lib/dpkg/*-old",
                                                    "var/lib/dpkg/lock*",
                                                    "var/lib/dpkg/updates",
                                                    "var/lib/dpkg/**/Lock",
                                                    "tmp/**",
                                                    "run/**",
                                                    "etc/.pwd.lock"};
  return patterns;
}

/// Compares two whole images at the paths that the layers of one of them have above those of both.
class Comparison {
 public:
  Comparison(const store::Store& store, MergedTree before, MergedTree now)
      : os_(store.os()), before_(std::move(before)), now_(std::move(now)), buffer_(hash_buffer_bytes) {}

  /// Takes the paths of these layers.
  Status take(const store::Store& store, const std::vector<std::string>& layers) {
    TRY_ASSIGN(const MergedTree top, MergedTree::open(store, layers));
    return top.walk_with_marks([&](const store::MergedEntry& entry) -> Status {
      const bool opaque = S_ISDIR(entry.status.st_mode) && entry.closed;
      bool& hides = paths_[entry.path];
      hides = hides || opaque;
      return {};
    });
  }

  Result<ImageChange> made() {
    ImageChange change;
    for (const auto& [path, hides] : paths_) {
      if (matches_any(written_by_every_run(), path)) continue;
      if (added_.contains(path.substr(0, path.rfind('/')))) {  // and so nothing needs to be looked for
        added_.insert(path);
        change.added.push_back(path);
        continue;
      }
      TRY_ASSIGN(const auto before, before_.find(path));
      TRY_ASSIGN(const auto now, now_.find(path));
      if (!before && !now) continue;
      if (!before) {
        added_.insert(path);
        change.added.push_back(path);
        continue;
      }
      bool same = now.has_value() && !hides;
      if (same) {
        TRY_ASSIGN(same, are_same(*before, *now));
      }
      if (!same) change.other.push_back(path);
    }
    return change;
  }

 private:
  Result<bool> are_same(const MergedTree::Found& a, const MergedTree::Found& b) {
    const struct stat& one = a.status;
    const struct stat& two = b.status;
    if (one.st_dev == two.st_dev && one.st_ino == two.st_ino) return true;
    if (one.st_mode != two.st_mode || one.st_uid != two.st_uid || one.st_gid != two.st_gid ||
        one.st_rdev != two.st_rdev)
      return false;
    if (S_ISLNK(one.st_mode)) {
      TRY_ASSIGN(const std::string first, os_.read_link(a.dir.get(), a.name));
      TRY_ASSIGN(const std::string second, os_.read_link(b.dir.get(), b.name));
      return first == second;
    }
    if (!S_ISREG(one.st_mode)) return true;
    if (one.st_size != two.st_size) return false;
    TRY_ASSIGN(const std::string first, hash_of(a));
    TRY_ASSIGN(const std::string second, hash_of(b));
    return first == second;
  }

  Result<std::string> hash_of(const MergedTree::Found& file) {
    TRY_ASSIGN(const UniqueFd fd, os_.open(file.dir.get(), file.name, O_RDONLY | O_NOFOLLOW));
    return hash_file(os_, fd.get(), buffer_);
  }

  Os& os_;
  MergedTree before_;
  MergedTree now_;
  std::vector<char> buffer_;
  std::map<std::string, bool> paths_;  ///< whether it is a folder that hides what lies below it
  std::set<std::string> added_;        ///< so far
};

}  // namespace

bool share_a_layer(const store::Generation& a, const store::Generation& b) {
  return !a.layers.empty() && !b.layers.empty() && a.layers.front() == b.layers.front();
}

Result<ImageChange> compare_images(const store::Store& store, const store::Generation& before,
                                   const store::Generation& now) {
  const auto folders_before = image::rootfs_layers(before);
  const auto folders_now = image::rootfs_layers(now);
  const auto [above_before, above_now] =
      std::mismatch(folders_before.begin(), folders_before.end(), folders_now.begin(), folders_now.end());
  TRY_ASSIGN(MergedTree whole_before, MergedTree::open(store, folders_before));
  TRY_ASSIGN(MergedTree whole_now, MergedTree::open(store, folders_now));
  Comparison comparison(store, std::move(whole_before), std::move(whole_now));
  TRY(comparison.take(store, {above_before, folders_before.end()}));
  TRY(comparison.take(store, {above_now, folders_now.end()}));
  return comparison.made();
}

}  // namespace larder::builds
