#pragma once

// What a random build does to a volume, on a model in memory and on a mounted overlay.

#include <rapidcheck.h>
#include <unistd.h>

#include <cerrno>
#include <ostream>
#include <string>
#include <vector>

#include "support/store_kit.hpp"

namespace larder::test {

/// The operations that a build makes, on the model or on a real directory.
class Tree {
 public:
  virtual ~Tree() = default;
  /// 'f', 'd', 'l', or 0 where there is nothing.
  virtual char kind(const std::string& path) const = 0;
  virtual void make_dir(const std::string& path) = 0;
  /// Where there is a file, in place: its other names show the new content too. The file begins with `hole_bytes` zeros
  /// that take no space.
  virtual void write(const std::string& path, size_t hole_bytes, const std::string& content, mode_t mode,
                     timespec mtime) = 0;
  virtual void make_link(const std::string& path, const std::string& text, timespec mtime) = 0;
  virtual void set_mode(const std::string& path, mode_t mode) = 0;
  /// An empty value takes the attribute away.
  virtual void set_attribute(const std::string& path, const std::string& name, const std::string& value) = 0;
  virtual void remove(const std::string& path) = 0;
  virtual void move(const std::string& from, const std::string& to) = 0;
  /// Gives a file a second name.
  virtual void add_name(const std::string& path, const std::string& other) = 0;

  void make_room(const std::string& path) {
    for (size_t end = path.find('/'); end != std::string::npos; end = path.find('/', end + 1)) {
      const std::string parent = path.substr(0, end);
      if (kind(parent) == 'd') continue;
      if (kind(parent) != 0) remove(parent);
      make_dir(parent);
    }
  }
  void make_free(const std::string& path) {
    make_room(path);
    if (kind(path) != 0) remove(path);
  }
};

/// Adds to a snapshot which names are of one file: all but the first say what the first is. `file_of` has something
/// that all names of a file have in common.
template <typename File>
Snapshot with_names(Snapshot all, const std::map<std::string, File>& file_of) {
  std::map<File, std::string> first;
  for (const auto& [path, file] : file_of) {
    const auto [known, is_first] = first.emplace(file, path);
    if (!is_first) all.at(path) += " is " + known->second;
  }
  return all;
}

/// `snapshot` of a volume with the names of files that have several.
inline Snapshot named_snapshot(const Store& store, const VolumeKey& key) {
  std::map<std::string, std::pair<dev_t, ino_t>> file_of;
  const store::MergedTree merged = must(store::MergedTree::open(store, store::layer_roots(current_layers(store, key))));
  must(merged.walk([&](const store::MergedEntry& entry) -> Status {
    if (S_ISREG(entry.status.st_mode)) file_of[entry.path] = {entry.status.st_dev, entry.status.st_ino};
    return {};
  }));
  return with_names(volume_snapshot(store, key, DirTimes::ignored), file_of);
}

/// Knows one thing of overlayfs with index=off: what touches a file of a lower layer copies it up by the name that was
/// used, and its other names stay with the old file.
class Model final : public Tree {
 public:
  /// What is there now lies in lower layers from here on.
  void begin_build() { first_upper_ = next_file_; }

  char kind(const std::string& path) const override {
    const auto file = files_.find(path);
    return file == files_.end() ? '\0' : nodes_.at(file->second).kind;
  }
  void make_dir(const std::string& path) override { add(path, {'d', 0755, {}, {}, {}}); }
  void write(const std::string& path, size_t hole_bytes, const std::string& content, mode_t mode,
             timespec mtime) override {
    if (files_.count(path) == 0) add(path, {'f', 0, {}, {}, {}});
    Node& node = touch(path);
    node.mode = mode;
    node.mtime = mtime;
    node.text = std::string(hole_bytes, '\0') + content;
  }
  void make_link(const std::string& path, const std::string& text, timespec mtime) override {
    add(path, {'l', 0777, mtime, text, {}});
  }
  void set_mode(const std::string& path, mode_t mode) override { touch(path).mode = mode; }
  void set_attribute(const std::string& path, const std::string& name, const std::string& value) override {
    if (!value.empty())
      touch(path).attributes[name] = value;
    else if (nodes_.at(files_.at(path)).attributes.count(name) > 0)
      touch(path).attributes.erase(name);
  }
  void remove(const std::string& path) override { take(path); }
  void move(const std::string& from, const std::string& to) override {
    for (const auto& [below, file] : take(from)) {
      files_[to + below] = file;
      touch(to + below);
    }
  }
  void add_name(const std::string& path, const std::string& other) override {
    touch(path);
    files_[other] = files_.at(path);
  }

  Snapshot snapshot() const {
    Snapshot all;
    for (const auto& [path, file] : files_) all[path] = describe(nodes_.at(file));
    return all;
  }
  Snapshot named_snapshot() const { return with_names(snapshot(), files_); }

 private:
  struct Node {
    char kind;
    mode_t mode;
    timespec mtime;
    std::string text;  ///< of a file, or a link's
    UserAttributes attributes;
  };

  static std::string describe(const Node& node) {
    std::string text = fmt::format("{} {:o}", node.kind, node.mode);
    if (node.kind != 'd') {
      const bool is_long = node.kind == 'f' && node.text.size() > 64;
      text += fmt::format(" {}.{:09} {}", node.mtime.tv_sec, node.mtime.tv_nsec,
                          is_long ? sha256_hex(node.text) : node.text);
    }
    for (const auto& [name, value] : node.attributes) text += " {" + name + "=" + value + "}";
    return text;
  }

  void add(const std::string& path, Node node) {
    files_[path] = next_file_;
    nodes_[next_file_++] = std::move(node);
  }

  /// What it gives may be changed: it is in the upper.
  Node& touch(const std::string& path) {
    const size_t file = files_.at(path);
    if (file < first_upper_) add(path, nodes_.at(file));
    return nodes_.at(files_.at(path));
  }

  /// Removes the entry and all below it; gives them by what follows `path` in theirs.
  std::map<std::string, size_t> take(const std::string& path) {
    std::map<std::string, size_t> taken;
    for (auto file = files_.begin(); file != files_.end();) {
      const bool inside = file->first == path || file->first.starts_with(path + "/");
      if (inside) taken[file->first.substr(path.size())] = file->second;
      file = inside ? files_.erase(file) : std::next(file);
    }
    return taken;
  }

  std::map<std::string, size_t> files_;  ///< by path
  std::map<size_t, Node> nodes_;
  size_t next_file_ = 0;
  size_t first_upper_ = 0;
};

class RealTree final : public Tree {
 public:
  explicit RealTree(int dir) : dir_(dir) {}

  char kind(const std::string& path) const override {
    Os os;
    const auto found = os.stat(dir_, path);
    if (!found && found.error().sys_errno == ENOTDIR) return '\0';
    const auto status = must(found);
    if (!status) return '\0';
    return S_ISDIR(status->st_mode) ? 'd' : S_ISLNK(status->st_mode) ? 'l' : 'f';
  }
  void make_dir(const std::string& path) override { put_dir(dir_, path); }
  void write(const std::string& path, size_t hole_bytes, const std::string& content, mode_t mode,
             timespec mtime) override {
    const UniqueFd fd = must(os_.open(dir_, path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
    const auto size = static_cast<ssize_t>(content.size());
    must(::ftruncate(fd.get(), static_cast<off_t>(hole_bytes)) == 0, "ftruncate");
    must(::pwrite(fd.get(), content.data(), content.size(), static_cast<off_t>(hole_bytes)) == size, "pwrite");
    must(os_.fchmod(fd.get(), mode));
    set_mtime(dir_, path, mtime.tv_sec, mtime.tv_nsec);
  }
  void make_link(const std::string& path, const std::string& text, timespec mtime) override {
    put_link(dir_, path, text);
    set_mtime(dir_, path, mtime.tv_sec, mtime.tv_nsec);
  }
  void set_mode(const std::string& path, mode_t mode) override { must(os_.chmod(dir_, path, mode)); }
  void set_attribute(const std::string& path, const std::string& name, const std::string& value) override {
    if (!value.empty()) return put_attribute(dir_, path, name, value);
    const Status gone = os_.remove_xattr(dir_, path, name.c_str());
    must(gone || gone.error().sys_errno == ENODATA, "removexattr");
  }
  void remove(const std::string& path) override { must(remove_tree(os_, dir_, path)); }

  /// As mv does it: a directory of a lower layer cannot be renamed in a user namespace, so it is made again.
  void move(const std::string& from, const std::string& to) override {
    const Status renamed = os_.rename(dir_, from, dir_, to);
    if (renamed) return;
    must(renamed.error().sys_errno == EXDEV, describe(renamed.error()));
    const mode_t mode = must(os_.stat(dir_, from))->st_mode & 07777U;
    must(os_.mkdir(dir_, to, 0700));
    must(copy_user_attributes(os_, dir_, from, dir_, to));
    for (const DirEntry& entry : must(os_.list(dir_, from))) move(from + "/" + entry.name, to + "/" + entry.name);
    must(os_.rmdir(dir_, from));
    must(os_.chmod(dir_, to, mode));
  }
  void add_name(const std::string& path, const std::string& other) override { must(os_.link(dir_, path, dir_, other)); }

 private:
  int dir_;
  Os os_;
};

enum class TreeChange { write, rewrite, sparse, remove, move, make_dir, make_link, add_name, set_mode, set_attribute };
constexpr int tree_changes = 10;

/// One change of a build; the numbers choose paths and contents.
struct TreeOperation {
  int change;
  size_t path;
  size_t other;
  int content;
};

/// Few, so that operations meet; with names that are no UTF-8, that are as long as a name can be, and with what a
/// manifest writes in another way.
inline const std::vector<std::string>& tree_paths() {
  static const std::vector<std::string> all = [] {
    const std::vector<std::string> names = {"a", "b", "\xff\xfe", std::string(255, 'n'), " \n%"};
    std::vector<std::string> made = names;
    for (const std::string& first : names)
      for (const std::string& second : {names[0], names[1], names[2]}) made.push_back(first + "/" + second);
    for (const char* deep : {"a/a/a", "a/a/b", "a/b/a", "b/a/a"}) made.push_back(deep);
    return made;
  }();
  return all;
}

/// A new entry at `other`, made from the one at `path`.
inline void apply_to_both(TreeChange change, const std::string& path, const std::string& other, Tree& tree) {
  const char kind = tree.kind(path);
  const bool possible = change == TreeChange::add_name ? kind == 'f' : kind != 0;
  if (!possible || (other + "/").starts_with(path + "/") || (path + "/").starts_with(other + "/")) return;
  tree.make_free(other);
  if (change == TreeChange::add_name)
    tree.add_name(path, other);
  else
    tree.move(path, other);
}

inline void apply(const TreeOperation& operation, Tree& tree) {
  constexpr size_t hole_bytes = 200'000;
  const std::string& path = tree_paths()[operation.path];
  const std::string& other = tree_paths()[operation.other];
  const auto number = static_cast<mode_t>(operation.content);
  const timespec mtime{1'000'000'000 + operation.content, 123'456'789 - operation.content};
  const std::string text = operation.content % 4 == 0 ? "" : std::string(10, 'x') + std::to_string(operation.content);
  const char kind = tree.kind(path);
  switch (const auto change = static_cast<TreeChange>(operation.change)) {
    case TreeChange::write:
    case TreeChange::sparse:
      tree.make_free(path);
      return tree.write(path, change == TreeChange::sparse ? hole_bytes : 0, text, number % 2 == 0 ? 0644 : 0755,
                        mtime);
    case TreeChange::rewrite:
      if (kind == 'f') tree.write(path, 0, text, 0600, mtime);
      return;
    case TreeChange::remove:
      if (kind != 0) tree.remove(path);
      return;
    case TreeChange::move:
    case TreeChange::add_name:
      return apply_to_both(change, path, other, tree);
    case TreeChange::make_dir:
      tree.make_free(path);
      return tree.make_dir(path);
    case TreeChange::make_link:
      tree.make_free(path);
      return tree.make_link(path, "nowhere/" + other, mtime);
    case TreeChange::set_mode:
      if (kind == 'f' || kind == 'd') tree.set_mode(path, kind == 'd' ? 0700 + number % 64 : 0640);
      return;
    case TreeChange::set_attribute:
      if (kind == 'f' || kind == 'd') tree.set_attribute(path, number % 2 == 0 ? "user.a" : "user.b\xff", text);
      return;
  }
}

inline std::ostream& operator<<(std::ostream& out, const TreeOperation& operation) {
  const char* names[] = {"write", "rewrite", "sparse", "remove", "move",
                         "mkdir", "symlink", "link",   "chmod",  "attribute"};
  return out << names[operation.change] << "(" << operation.path << ", " << operation.other << ", " << operation.content
             << ")";
}

/// Mostly of few paths, so that an entry has a life of several operations.
inline rc::Gen<TreeOperation> any_tree_operation() {
  using namespace rc;
  const auto path =
      gen::weightedOneOf<size_t>({{2, gen::inRange<size_t>(0, 3)}, {1, gen::inRange<size_t>(0, tree_paths().size())}});
  return gen::construct<TreeOperation>(gen::inRange(0, tree_changes), path, path, gen::inRange(0, 100));
}

}  // namespace larder::test
