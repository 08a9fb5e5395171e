#include "store/layer/merged_tree.hpp"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include <map>

namespace larder::store {
namespace {

/// Directories of several layers that appear as one, uppermost first.
using Stack = std::vector<UniqueFd>;

struct ShownEntry {
  struct stat status;
  size_t layer;               ///< index in the stack
  bool deleted;               ///< the uppermost layer that has the name has deleted it
  std::vector<size_t> below;  ///< for directories: the layers that merge; opened only to walk them, since a directory
                              ///< may hold more directories than a process may have descriptors
  bool closed;                ///< no lower layer shows through
};

/// A tool may leave a folder that even its owner cannot read: the owner gets the right to, as when it settles.
Status let_read(Os& os, int dir, const std::string& name, const struct stat& status) {
  const mode_t needed = S_IRUSR | S_IXUSR;
  if (!S_ISDIR(status.st_mode) || (status.st_mode & needed) == needed) return {};
  return os.chmod(dir, name, (status.st_mode & 07777U) | needed);
}

/// Adds what layer `index` has under this name to what the upper layers have.
Status merge_entry(Os& os, const Stack& stack, size_t index, const std::string& name,
                   std::map<std::string, ShownEntry>& all) {
  const auto known = all.find(name);
  if (known != all.end() && known->second.closed) return {};
  TRY_ASSIGN(const auto status, os.stat(stack[index].get(), name));
  if (!status) return {};
  const bool directory = S_ISDIR(status->st_mode);
  if (known == all.end())
    all.emplace(name, ShownEntry{*status, index, is_whiteout(*status), {}, !directory});
  else if (!directory)
    known->second.closed = true;
  if (!directory) return {};
  ShownEntry& shown = all.at(name);
  shown.below.push_back(index);
  TRY(let_read(os, stack[index].get(), name, *status));
  TRY_ASSIGN(shown.closed, is_opaque(os, stack[index].get(), name));
  return {};
}

Result<Stack> open_below(Os& os, const Stack& stack, const std::string& name, const std::vector<size_t>& below) {
  Stack opened;
  for (const size_t index : below) {
    TRY_ASSIGN(UniqueFd fd, os.open_dir(stack[index].get(), name));
    opened.push_back(std::move(fd));
  }
  return opened;
}

/// How a walk goes: what it calls, where it looks, and whether it shows what stands for deletions.
struct Tour {
  const MergedTree::Visit& visit;
  const MergedTree::Enter& enter;
  bool marks;
};

/// `closed`: whether nothing of a tree below these layers is seen here; then no deletion is of any use.
Status walk_stack(Os& os, const Stack& stack, const std::string& prefix, bool closed, const Tour& tour) {
  std::map<std::string, ShownEntry> all;
  for (size_t index = 0; index < stack.size(); ++index) {
    TRY_ASSIGN(const auto entries, os.list(stack[index].get(), "."));
    for (const DirEntry& entry : entries) TRY(merge_entry(os, stack, index, entry.name, all));
  }
  for (const auto& [name, shown] : all) {
    if (shown.deleted && (!tour.marks || closed)) continue;
    TRY(tour.visit({prefix + name, shown.status, stack[shown.layer].get(), name, shown.closed}));
    if (!S_ISDIR(shown.status.st_mode) || !tour.enter(prefix + name)) continue;
    TRY_ASSIGN(const Stack below, open_below(os, stack, name, shown.below));
    TRY(walk_stack(os, below, prefix + name + "/", closed || shown.closed, tour));
  }
  return {};
}

/// What one layer says about a path: it shows it, it hides it from lower layers, or neither.
struct Answer {
  std::optional<MergedTree::Found> found;
  bool hides = false;
};

Result<Answer> ask_layer(Os& os, int root, const std::string& path) {
  TRY_ASSIGN(UniqueFd dir, os.open_dir(root, "."));
  bool hides = false;
  for (size_t start = 0;;) {
    const size_t end = path.find('/', start);
    const std::string name = path.substr(start, end - start);
    TRY_ASSIGN(const auto status, os.stat(dir.get(), name));
    if (!status) return Answer{std::nullopt, hides};
    if (is_whiteout(*status)) return Answer{std::nullopt, true};
    if (end == std::string::npos) return Answer{MergedTree::Found{std::move(dir), name, *status}, true};
    if (!S_ISDIR(status->st_mode)) return Answer{std::nullopt, true};
    TRY(let_read(os, dir.get(), name, *status));
    TRY_ASSIGN(const bool opaque, is_opaque(os, dir.get(), name));
    hides = hides || opaque;
    TRY_ASSIGN(dir, os.open_dir(dir.get(), name));
    start = end + 1;
  }
}

}  // namespace

bool is_whiteout(const struct stat& status) { return S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0); }

Result<bool> is_opaque(Os& os, int dir, const std::string& name) {
  TRY_ASSIGN(const auto mark, os.get_xattr(dir, name, "user.overlay.opaque"));
  return mark == "y";
}

std::vector<std::string> layer_roots(const std::vector<std::string>& layers) {
  std::vector<std::string> roots;
  roots.reserve(layers.size());
  for (const std::string& layer : layers) roots.push_back("layers/" + layer + "/tree");
  return roots;
}

Result<std::optional<std::string>> missing_layer(const Store& store, const std::vector<std::string>& layers) {
  for (const std::string& layer : layers) {
    TRY_ASSIGN(const auto status, store.os().stat(store.dir(), "layers/" + layer + "/tree"));
    if (!status) return std::optional(layer);
  }
  return std::optional<std::string>();
}

Result<MergedTree> MergedTree::open(const Store& store, const std::vector<std::string>& roots) {
  std::vector<UniqueFd> fds;
  for (auto root = roots.rbegin(); root != roots.rend(); ++root) {
    TRY_ASSIGN(UniqueFd fd, store.os().open_dir(store.dir(), *root));
    fds.push_back(std::move(fd));
  }
  return MergedTree(store.os(), std::move(fds));
}

namespace {

bool enter_all(const std::string& folder) {
  (void)folder;
  return true;
}

}  // namespace

Status MergedTree::walk(const Visit& visit) const { return walk(visit, enter_all); }

Status MergedTree::walk(const Visit& visit, const Enter& enter) const {
  return walk_stack(*os_, roots_, "", false, {visit, enter, false});
}

Status MergedTree::walk_with_marks(const Visit& visit) const {
  return walk_stack(*os_, roots_, "", false, {visit, enter_all, true});
}

Result<std::optional<MergedTree::Found>> MergedTree::find(const std::string& path) const {
  for (const UniqueFd& root : roots_) {
    TRY_ASSIGN(Answer answer, ask_layer(*os_, root.get(), path));
    if (answer.found || answer.hides) return std::move(answer.found);
  }
  return std::optional<Found>();
}

}  // namespace larder::store
