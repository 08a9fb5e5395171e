#include "source/layer_tree.hpp"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>

#include "base/parallel.hpp"
#include "base/user_attributes.hpp"
#include "source/git_index.hpp"

namespace larder::source {
namespace {

using What = Correction::What;

constexpr size_t index_bytes_max = size_t{1} << 30;
constexpr size_t racy_bytes_max = size_t{64} << 20;

/// Makes the tree of a layer in a folder of its own.
class LayerMaker {
 public:
  LayerMaker(const store::Store& store, const Walk& walk, int project, int tree)
      : os_(store.os()), walk_(walk), project_(project), tree_(tree) {}

  /// False where an entry is not as the walk has seen it.
  Result<bool> make(const std::vector<Correction>& corrections) {
    std::vector<const Correction*> copies;
    for (const Correction& one : corrections) {
      if (one.what == What::folder || one.what == What::cover) TRY(os_.mkdir(tree_, one.path, 0700));
      if (one.what == What::cover) TRY(os_.set_xattr(tree_, one.path, "user.overlay.opaque", "y"));
      if (one.what == What::gone) TRY(os_.mknod(tree_, one.path, S_IFCHR, makedev(0, 0)));
      if (one.what == What::copy && one.path != index_path) copies.push_back(&one);
    }
    TRY(in_parallel(copies.size(), worker_count(), [&](unsigned, size_t index) { return copy(*copies[index]); }));
    return !changed_;
  }

  /// Last, and from the inside out, since each entry that is made in a folder changes its time.
  Status finish_folders(const std::vector<Correction>& corrections) {
    for (auto one = corrections.rbegin(); one != corrections.rend(); ++one) {
      if (one->what != What::folder && one->what != What::cover) continue;
      TRY(os_.chmod(tree_, one->path, one->mode));
      TRY(set_time(one->path, one->time));
    }
    return {};
  }

  Status set_time(const std::string& path, int64_t time) {
    return os_.utimens(tree_, path, {to_timespec(time), to_timespec(time)});
  }

 private:
  Status copy(const Correction& one) {
    const Seen* seen = find_seen(walk_, one.path);
    if (seen == nullptr) return note_change();
    if (one.kind == Kind::link) {
      TRY(os_.symlink(seen->link, tree_, one.path));
      return set_time(one.path, one.time);
    }
    const auto source = os_.open(project_, one.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (!source && source.error().sys_errno == EACCES) return {};  // nobody reads it through the project either
    if (!source && is_something_else(source.error())) return note_change();
    if (!source) return fail(source.error());
    TRY_ASSIGN(const UniqueFd file, os_.open(tree_, one.path, O_WRONLY | O_CREAT | O_EXCL, 0600));
    TRY_ASSIGN(const struct stat before, os_.fstat(source->get()));
    if (!S_ISREG(before.st_mode)) return note_change();
    const Status copied = os_.copy_range(source->get(), file.get(), static_cast<size_t>(before.st_size));
    TRY_ASSIGN(const struct stat after, os_.fstat(source->get()));
    if (nanoseconds(after.st_ctim) != seen->stamp.ctime) return note_change();
    TRY(copied);
    TRY(copy_user_attributes(os_, project_, one.path, tree_, one.path));
    TRY(os_.fchmod(file.get(), one.mode & 0777U));
    return os_.futimens(file.get(), {to_timespec(one.time), to_timespec(one.time)});
  }

  /// Nothing, a link, a socket, or a file in a folder's place.
  static bool is_something_else(const Error& error) {
    constexpr std::array numbers = {ENOENT, ELOOP, ENXIO, ENOTDIR};
    return std::find(numbers.begin(), numbers.end(), error.sys_errno) != numbers.end();
  }

  Status note_change() {
    changed_ = true;
    return {};
  }

  Os& os_;
  const Walk& walk_;
  int project_;
  int tree_;
  std::atomic<bool> changed_ = false;
};

/// How the copies look, which git's index must know, in the layer that is being made or in one below. `shown` are the
/// corrections that are wanted, `own` those of the uppermost layer: it has copies also of what is shown as it lies
/// there.
Status write_index(const store::Store& store, const Walk& walk, int project, const std::vector<std::string>& trees,
                   const std::vector<Correction>& shown, const std::vector<Correction>& own) {
  Os& os = store.os();
  TRY_ASSIGN(std::string bytes, read_file(os, project, index_path, index_bytes_max));
  Status failed;
  const auto is_copy = [&](const std::vector<Correction>& all, const std::string& path) {
    const Correction* one = find_by_path(all, path);
    return one != nullptr && one->what == What::copy;
  };
  const auto restamp = [&](const std::string& path) -> std::optional<Restamp> {
    const Seen* seen = find_seen(walk, path);
    if (seen == nullptr || (!is_copy(shown, path) && !is_copy(own, path))) return std::nullopt;
    for (auto tree = trees.rbegin(); tree != trees.rend(); ++tree) {
      const auto status = os.stat(store.dir(), *tree + "/" + path);
      if (!status && status.error().sys_errno != ENOTDIR) failed = fail(status.error());
      if (!status || !*status) continue;
      return Restamp{seen->stamp,
                     {seen->stamp.size_bytes, nanoseconds((*status)->st_mtim), nanoseconds((*status)->st_ctim),
                      (*status)->st_ino, 0}};
    }
    return std::nullopt;
  };
  const auto read = [&](const std::string& path) -> std::optional<std::string> {
    const Seen* seen = find_seen(walk, path);
    if (seen->entry.kind == Kind::link) return seen->link;
    const auto text = read_file(os, project, path, racy_bytes_max);
    return text ? std::optional(*text) : std::nullopt;
  };
  const Correction& index = *find_by_path(own, index_path);
  const auto stamped = restamp_index(bytes, find_seen(walk, index_path)->stamp.mtime, restamp, read);
  TRY(failed);
  const std::string path = trees.back() + "/" + index_path;
  TRY_ASSIGN(const UniqueFd file, os.open(store.dir(), path, O_WRONLY | O_CREAT | O_EXCL, 0600));
  TRY(os.write_all(file.get(), stamped ? *stamped : bytes));
  TRY(os.fchmod(file.get(), index.mode & 0777U));
  return os.futimens(file.get(), {to_timespec(index.time), to_timespec(index.time)});
}

}  // namespace

Result<bool> make_layer_tree(const store::Store& store, const Walk& walk, const LayerTree& layer) {
  Os& os = store.os();
  TRY_ASSIGN(const UniqueFd project, os.open(AT_FDCWD, walk.folder, O_RDONLY | O_DIRECTORY));
  TRY_ASSIGN(const UniqueFd tree, os.open_dir(store.dir(), layer.tree));
  LayerMaker maker(store, walk, project.get(), tree.get());
  TRY_ASSIGN(const bool whole, maker.make(layer.own));
  if (!whole) return false;
  std::vector<std::string> trees = layer.below;
  trees.push_back(layer.tree);
  const Correction* index = find_by_path(layer.own, index_path);
  if (index != nullptr && index->what == What::copy)
    TRY(write_index(store, walk, project.get(), trees, layer.shown, layer.own));
  TRY(maker.finish_folders(layer.own));
  return true;
}

}  // namespace larder::source
