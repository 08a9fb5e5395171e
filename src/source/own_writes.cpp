#include "source/own_writes.hpp"

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/hash_file.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::source {
namespace {

struct PathBefore {
  bool operator()(const std::string& a, const std::string& b) const { return path_before(a, b); }
};

using Writes = std::map<std::string, OwnWrite, PathBefore>;

class Collector {
 public:
  Collector(const store::Store& store, const Upper& upper, const Walk& walk, const Shown& shown)
      : os_(store.os()), upper_(upper), buffer_(hash_buffer_bytes) {
    for (const OwnWrite& write : shown.own) writes_.emplace(write.path, write);
    record_ = record_without_writes(walk, shown);
    record_.own.clear();
  }

  Result<Record> run(int upper) {
    TRY_ASSIGN(const struct stat root, os_.fstat(upper));
    TRY(look_into(upper, ""));
    if (upper_.first) TRY(close_output(upper));
    set_time("", nanoseconds(root.st_mtim));
    for (auto& [path, write] : writes_) record_.own.push_back(std::move(write));
    return std::move(record_);
  }

 private:
  /// Nothing of the project shows in the folder of results. A mark on it tells so when layers are flattened.
  Status close_output(int upper) {
    if (upper_.output.empty()) return {};
    TRY_ASSIGN(const auto status, os_.stat(upper, upper_.output));
    if (!status || !S_ISDIR(status->st_mode)) return {};
    return os_.set_xattr(upper, upper_.output, "user.overlay.opaque", "y");
  }

  /// Whether anything is left in the folder.
  Result<bool> look_into(int dir, const std::string& folder) {
    TRY_ASSIGN(const auto entries, os_.list(dir, "."));
    bool left = false;
    for (const DirEntry& entry : entries) {
      const std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
      const bool is_output = path == upper_.output;
      TRY_ASSIGN(const bool kept, is_output ? Result<bool>(true) : look_at(dir, entry.name, path));
      left = left || kept;
    }
    return left;
  }

  /// Whether the entry stays.
  Result<bool> look_at(int dir, const std::string& name, const std::string& path) {
    const Entry* project = find(std::as_const(record_.entries), path);
    if (name == ".git" && project != nullptr) {
      TRY(remove_tree(os_, dir, name));
      return false;
    }
    TRY_ASSIGN(const auto status, os_.stat(dir, name));
    if (!status) return false;
    if (S_ISDIR(status->st_mode)) return look_at_folder(dir, name, path, *status);
    if (store::is_whiteout(*status)) {
      add({path, Kind::none, 0, 0, {}, false, false});
      hide_below(path);
      return true;
    }
    TRY_ASSIGN(const bool same, is_unchanged(dir, name, *status, project));
    if (same) {
      TRY(os_.unlink(dir, name));
      return false;
    }
    const Kind kind = S_ISREG(status->st_mode) ? Kind::file : S_ISLNK(status->st_mode) ? Kind::link : Kind::other;
    add({path, kind, static_cast<uint16_t>(status->st_mode & 07777U), nanoseconds(status->st_mtim), {}, false, false});
    hide_below(path);
    return true;
  }

  Result<bool> look_at_folder(int dir, const std::string& name, const std::string& path, const struct stat& status) {
    OwnWrite write{path,  Kind::folder, static_cast<uint16_t>(status.st_mode & 07777U), nanoseconds(status.st_mtim), {},
                   false, false};
    if ((status.st_mode & 0700U) != 0700U) TRY(os_.chmod(dir, name, (status.st_mode & 07777U) | 0700U));
    TRY_ASSIGN(const bool anew, store::is_opaque(os_, dir, name));
    const auto before = writes_.find(path);
    write.alone = anew || (before != writes_.end() && (before->second.kind != Kind::folder || before->second.alone));
    const Entry* project = find(std::as_const(record_.entries), path);
    const bool as_it_was = before == writes_.end() && !write.alone && project != nullptr &&
                           project->mode == write.mode && project->time == write.time;
    add(write);
    if (anew) hide_below(path);  // else what corrections have shown in it is still there
    TRY_ASSIGN(const UniqueFd fd, os_.open_dir(dir, name));
    TRY_ASSIGN(const bool left, look_into(fd.get(), path));
    if (!left && as_it_was) {
      writes_.erase(path);
      TRY(os_.rmdir(dir, name));
      return false;
    }
    set_time(path, write.time);
    TRY(os_.utimens(dir, name, {status.st_atim, status.st_mtim}));
    if ((status.st_mode & 0700U) != 0700U) TRY(os_.chmod(dir, name, status.st_mode & 07777U));
    return true;
  }

  /// A file that was opened for writing, or had a link made to it, is copied up with its time. Where the user has
  /// changed it meanwhile, the next build is to see theirs as new, not the copy.
  Result<bool> is_unchanged(int dir, const std::string& name, const struct stat& status, const Entry* project) {
    const bool may_be = project != nullptr && project->kind == Kind::file && S_ISREG(status.st_mode) &&
                        project->mode == (status.st_mode & 07777U) && project->time == nanoseconds(status.st_mtim) &&
                        writes_.count(project->path) == 0;
    if (!may_be) return false;
    if (!is_known(project->content)) return true;
    const auto fd = os_.open(dir, name, O_RDONLY | O_NOFOLLOW);
    if (!fd) return false;
    TRY_ASSIGN(const Digest content, hash_file_bytes(os_, fd->get(), buffer_));
    return content == project->content;
  }

  void add(OwnWrite write) {
    if (const Entry* project = find(std::as_const(record_.entries), write.path)) write.replaced = *project;
    write.replaced.path.clear();
    writes_[write.path] = std::move(write);
  }

  /// The entries below a path that the build has deleted, or put something else in the place of.
  void hide_below(const std::string& path) {
    auto own = writes_.upper_bound(path);
    while (own != writes_.end() && is_below(own->first, path)) own = writes_.erase(own);
    auto entry = std::upper_bound(record_.entries.begin(), record_.entries.end(), path,
                                  [](const std::string& a, const Entry& b) { return path_before(a, b.path); });
    for (; entry != record_.entries.end() && is_below(entry->path, path); ++entry)
      add({entry->path, Kind::none, 0, 0, {}, false, false});
  }

  /// A next build is shown the folder as this one has left it.
  void set_time(const std::string& path, int64_t time) {
    if (Entry* entry = find(record_.entries, path)) entry->time = time;
  }

  Os& os_;
  const Upper& upper_;
  std::vector<char> buffer_;
  Writes writes_;
  Record record_;
};

}  // namespace

Record record_without_writes(const Walk& walk, const Shown& shown) {
  Record record;
  record.entries = shown.entries;
  record.own = shown.own;
  for (size_t i = 0; i < record.entries.size(); ++i) record.entries[i].content = walk.seen[i].entry.content;
  return record;
}

Result<Record> collect_own_writes(const store::Store& store, const Upper& upper, const Walk& walk, const Shown& shown) {
  TRY_ASSIGN(const UniqueFd fd, store.os().open_dir(store.dir(), upper.path));
  return Collector(store, upper, walk, shown).run(fd.get());
}

}  // namespace larder::source
