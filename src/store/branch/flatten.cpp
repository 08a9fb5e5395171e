#include "store/branch/flatten.hpp"

#include <fcntl.h>

#include <cerrno>

#include "base/copy_file.hpp"
#include "base/random_id.hpp"
#include "base/user_attributes.hpp"
#include "store/branch/marks.hpp"
#include "store/branch/transaction.hpp"
#include "store/layer/disk_usage.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::store {
namespace {

struct Directory {
  std::string path;
  struct stat status;
};

/// Whether a generation has too many layers, or hides more in them than it shows.
Result<bool> is_deep(const Store& store, const Generation& generation) {
  if (generation.layers.size() < 2) return false;
  if (generation.layers.size() > layers_max) return true;
  TRY_ASSIGN(const uint64_t content, content_bytes(store, generation.layers));
  DiskUsage usage(store);
  uint64_t total = 0;
  for (const std::string& layer : generation.layers) {
    TRY_ASSIGN(const uint64_t bytes, usage.add_layer(layer));
    total += bytes;
  }
  return total > allowed_bytes(content);
}

/// A file system has a highest number of links to one file (65,000 on ext4): beyond it the file is copied.
Status link_or_copy(Os& os, const MergedEntry& entry, int tree) {
  const Status linked = os.link(entry.dir, entry.name, tree, entry.path);
  if (linked || linked.error().sys_errno != EMLINK) return linked;
  return copy_file(os, entry.dir, entry.name, tree, entry.path);
}

/// Makes a directory with its attributes; its own mode and time come when it is full.
Status make_directory(Os& os, const MergedEntry& entry, int tree, const Marks& marks) {
  TRY(os.mkdir(tree, entry.path, 0700));
  TRY(copy_user_attributes(os, entry.dir, entry.name, tree, entry.path));
  if (!marks.opaque || !entry.closed) return {};
  return os.set_xattr(tree, entry.path, "user.overlay.opaque", "y");
}

Status set_times(Os& os, int tree, const std::vector<Directory>& directories) {
  for (auto directory = directories.rbegin(); directory != directories.rend(); ++directory) {
    TRY(os.chmod(tree, directory->path, directory->status.st_mode & 07777U));
    TRY(os.utimens(tree, directory->path, {directory->status.st_atim, directory->status.st_mtim}));
  }
  return {};
}

Status link_tree(Os& os, const MergedTree& merged, int tree, const Marks& marks) {
  std::vector<Directory> directories;
  const auto visit = [&](const MergedEntry& entry) -> Status {
    if (is_whiteout(entry.status))
      return marks.keep(entry.path) ? os.mknod(tree, entry.path, S_IFCHR, entry.status.st_rdev) : Status();
    if (!S_ISDIR(entry.status.st_mode)) return link_or_copy(os, entry, tree);
    directories.push_back({entry.path, entry.status});
    return make_directory(os, entry, tree, marks);
  };
  TRY(marks.none() ? merged.walk(visit) : merged.walk_with_marks(visit));
  return set_times(os, tree, directories);
}

/// Publishes the tree unless somebody has committed meanwhile; then it is thrown away with the transaction.
Status publish(const Store& store, const Generation& old, const std::string& tree, const std::string& era) {
  TRY_ASSIGN(const FileLock store_lock, store.lock(LockMode::shared));
  TRY_ASSIGN(const FileLock ref_lock, lock_ref(store, old.spec.key));
  TRY_ASSIGN(const auto current, current_generation(store, old.spec.key));
  if (!current || current->id != old.id) return {};
  const std::string layer = random_id();
  TRY(store.os().mkdir(store.dir(), "layers/" + layer, 0700));
  TRY(store.os().rename(store.dir(), tree, store.dir(), "layers/" + layer + "/tree"));
  TRY_ASSIGN(Generation flat, new_generation(store, old.spec, Outcome::flattened));
  take_content(flat, old);
  flat.layers = {layer};
  flat.era = era;
  flat.build = old.build;
  flat.seconds = old.seconds;
  continue_from(flat, &old);
  TRY(write_generation(store, flat));
  return write_ref(store, old.spec.key, RefName::current, flat.id, Durability::none);
}

}  // namespace

Status flatten(const Store& store, const VolumeKey& key) {
  TRY_ASSIGN(const auto current, current_generation(store, key));
  if (!current) return {};
  TRY_ASSIGN(const bool deep, is_deep(store, *current));
  if (!deep) return {};
  TRY_ASSIGN(const Transaction lease,
             Transaction::begin(store, {{current->spec, Access::read, {}, {}}}, "flatten " + key.name()));
  const Fork& fork = lease.forks().front();
  if (fork.base.id != current->id) return {};
  const std::string tree = fork.dir + "/tree";
  TRY(store.os().mkdir(store.dir(), tree, 0755));
  TRY_ASSIGN(const UniqueFd fd, store.os().open_dir(store.dir(), tree));
  TRY_ASSIGN(const MergedTree merged, MergedTree::open(store, layer_roots(fork.base.layers)));
  TRY(link_tree(store.os(), merged, fd.get(), marks_of(*current)));
  return publish(store, fork.base, tree, lease.era());
}

}  // namespace larder::store
