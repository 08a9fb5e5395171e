#pragma once

// What may be left of a folder when the power goes.
//
// The folder is looked at before every system call (WatchedOs), and whatever differs from the look before is an
// operation: an entry came, went or moved; a file's content, mode or time changed. The model then allows a disk:
//   - what fsync(file) saw is there: the file's content, mode and time, but not its name;
//   - what fsync(folder) saw is there: its entries, but neither their content nor the folder's own name;
//   - after syncfs all is there;
//   - of everything else each operation by itself may be there or not, in whatever order it was made. A rename is there
//     or not there as a whole, since every journaling file system makes it so (rename(2), ext4's and xfs's journals);
//   - content that was not synced may be torn: an older one, nothing, a beginning, zeros of the right length, or half
//     old and half new (delayed allocation in ext4 and xfs). Mode and time are kept or lost apart from the content.
// This is harsher than ext4 with data=ordered: that keeps the order of entries, this does not.

#include <sys/sysmacros.h>

#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/os.hpp"
#include "support/files.hpp"

namespace larder::test {

using Inode = uint64_t;  ///< the file system's number, made unique: it gives numbers of deleted files to new ones
using EntryKey = std::pair<Inode, std::string>;  ///< folder and name

struct DiskNode {
  mode_t mode = 0;
  timespec mtime{};
  dev_t device = 0;
  std::string data;  ///< of a file, or a link's text

  bool same_data(const DiskNode& other) const { return data == other.data; }
  bool same_status(const DiskNode& other) const {
    return mode == other.mode && mtime.tv_sec == other.mtime.tv_sec && mtime.tv_nsec == other.mtime.tv_nsec;
  }
};

/// A folder as it is at one moment.
struct DiskImage {
  Inode root = 0;
  std::map<EntryKey, Inode> entries;
  std::map<Inode, DiskNode> nodes;
};

/// One change; entries that move together are one.
struct DiskChange {
  size_t call = 0;  ///< the look that found it
  std::vector<std::pair<EntryKey, std::optional<Inode>>> entries;
  std::optional<Inode> data_of;
  std::optional<Inode> status_of;
  DiskNode node;  ///< the new one, of data_of or status_of
};

struct DiskSync {
  size_t call = 0;
  bool all = false;
  Inode inode = 0;
};

class DiskHistory {
 public:
  explicit DiskHistory(std::string folder) : folder_(std::move(folder)) {
    now_ = read_image();
    first_ = now_;
  }

  /// Looks what has changed; a sync counts for all changes found up to it.
  void look() {
    const DiskImage next = read_image();
    add_changes(next);
    now_ = next;
    ++calls_;
  }

  void sync(bool all, int fd) {
    look();
    struct stat status {};
    must(::fstat(fd, &status) == 0, "fstat");
    syncs_.push_back({calls_, all, inodes_.at(status.st_ino)});
  }

  size_t calls() const { return calls_; }

  /// A state that a cut after the given look may leave; `random` decides.
  DiskImage cut(size_t call, std::mt19937_64& random) const {
    DiskImage image = first_;
    const double kept = std::vector<double>{0, 0.1, 0.5, 0.9, 1}[random() % 5];
    std::uniform_real_distribution<double> chance(0, 1);
    for (const DiskChange& change : changes_) {
      if (change.call > call) break;
      const bool durable = is_durable(change, call);
      if (!change.entries.empty() && (durable || chance(random) < kept)) apply_entries(change, image);
      if (change.data_of) apply_data(change, durable || chance(random) < kept, !durable, random, image);
      if (change.status_of && (durable || chance(random) < kept)) apply_status(change, image);
    }
    return image;
  }

 private:
  bool is_durable(const DiskChange& change, size_t call) const {
    for (const DiskSync& sync : syncs_) {
      if (sync.call > call || sync.call < change.call) continue;
      if (sync.all || change.data_of == sync.inode || change.status_of == sync.inode) return true;
      for (const auto& [key, inode] : change.entries)
        if (key.first == sync.inode) return true;
    }
    return false;
  }

  static void apply_entries(const DiskChange& change, DiskImage& image) {
    for (const auto& [key, inode] : change.entries) {
      if (inode)
        image.entries[key] = *inode;
      else
        image.entries.erase(key);
    }
  }

  static void apply_status(const DiskChange& change, DiskImage& image) {
    DiskNode& node = image.nodes[*change.status_of];
    node.mode = change.node.mode;
    node.mtime = change.node.mtime;
    node.device = change.node.device;
  }

  static void apply_data(const DiskChange& change, bool kept, bool may_tear, std::mt19937_64& random,
                         DiskImage& image) {
    DiskNode& node = image.nodes[*change.data_of];
    if (node.mode == 0) {  // the kind of a new node comes with its name
      node.mode = change.node.mode;
      node.device = change.node.device;
    }
    if (!S_ISREG(change.node.mode)) {
      node.data = change.node.data;
      return;
    }
    if (!kept) return;
    node.data = may_tear ? torn(node.data, change.node.data, random) : change.node.data;
  }

  static std::string torn(const std::string& before, const std::string& after, std::mt19937_64& random) {
    const size_t half = after.empty() ? 0 : random() % (after.size() + 1);
    switch (random() % 8) {
      case 0:
        return {};
      case 1:
        return after.substr(0, half);
      case 2:
        return std::string(after.size(), '\0');
      case 3:
        return after.substr(0, half) + (before.size() > half ? before.substr(half) : "");
      default:
        return after;
    }
  }

  void add_changes(const DiskImage& next) {
    for (const auto& [inode, node] : next.nodes) {
      const auto old = now_.nodes.find(inode);
      if (old == now_.nodes.end() || !old->second.same_data(node)) add_node(inode, node, true);
      if (old == now_.nodes.end() || !old->second.same_status(node)) add_node(inode, node, false);
    }
    std::vector<std::pair<EntryKey, std::optional<Inode>>> come;
    std::vector<std::pair<EntryKey, std::optional<Inode>>> gone;
    for (const auto& [key, inode] : next.entries) {
      const auto old = now_.entries.find(key);
      if (old == now_.entries.end() || old->second != inode) come.emplace_back(key, inode);
    }
    for (const auto& [key, inode] : now_.entries)
      if (next.entries.count(key) == 0) gone.emplace_back(key, std::nullopt);
    for (auto& entry : come) {
      DiskChange change{calls_ + 1, {entry}, {}, {}, {}};
      for (auto old = gone.begin(); old != gone.end(); ++old)
        if (now_.entries.at(old->first) == *entry.second) {
          change.entries.insert(change.entries.begin(), *old);
          gone.erase(old);
          break;
        }
      changes_.push_back(std::move(change));
    }
    for (auto& entry : gone) changes_.push_back({calls_ + 1, {entry}, {}, {}, {}});
  }

  void add_node(Inode inode, const DiskNode& node, bool data) {
    DiskChange change{calls_ + 1, {}, {}, {}, node};
    (data ? change.data_of : change.status_of) = inode;
    changes_.push_back(std::move(change));
  }

  DiskImage read_image() {
    DiskImage raw;
    raw.root = read_node(AT_FDCWD, folder_, raw);
    std::map<Inode, Inode> inodes;
    for (const auto& [number, node] : raw.nodes) {
      const auto known = inodes_.find(number);
      const bool same = known != inodes_.end() && (now_.nodes.at(known->second).mode & S_IFMT) == (node.mode & S_IFMT);
      inodes[number] = same ? known->second : ++last_inode_;
    }
    DiskImage image;
    image.root = inodes.at(raw.root);
    for (auto& [number, node] : raw.nodes) image.nodes[inodes.at(number)] = std::move(node);
    for (const auto& [key, number] : raw.entries) image.entries[{inodes.at(key.first), key.second}] = inodes.at(number);
    inodes_ = std::move(inodes);
    return image;
  }

  static Inode read_node(int dir, const std::string& name, DiskImage& image) {
    Os os;
    const struct stat status = must(os.stat(dir, name)).value();
    DiskNode node{status.st_mode, status.st_mtim, status.st_rdev, {}};
    if (S_ISREG(status.st_mode)) node.data = get_file(dir, name);
    if (S_ISLNK(status.st_mode)) node.data = must(os.read_link(dir, name));
    image.nodes[status.st_ino] = std::move(node);
    if (!S_ISDIR(status.st_mode)) return status.st_ino;
    const UniqueFd fd = must(os.open_dir(dir, name));
    for (const DirEntry& entry : must(os.list(fd.get(), ".")))
      image.entries[{status.st_ino, entry.name}] = read_node(fd.get(), entry.name, image);
    return status.st_ino;
  }

  std::string folder_;
  DiskImage first_;
  DiskImage now_;
  std::map<Inode, Inode> inodes_;  ///< of `now_`, by the file system's number
  Inode last_inode_ = 0;
  size_t calls_ = 0;
  std::vector<DiskChange> changes_;
  std::vector<DiskSync> syncs_;
};

/// Reports every call to a history; an error of a call is none of its business.
class WatchedOs : public Os {
 public:
  void watch(DiskHistory* history) { history_ = history; }

 protected:
  int before(const char*) override {
    if (history_ != nullptr) history_->look();
    return 0;
  }
  void synced(const char* call, int fd) override {
    if (history_ != nullptr) history_->sync(std::string_view(call) == "syncfs", fd);
  }

 private:
  DiskHistory* history_ = nullptr;
};

/// Makes the image a folder again, below `path`, which is made. `content` may alter what a file holds.
class DiskWriter {
 public:
  using Alter = std::function<std::string(const std::string&)>;
  DiskWriter(const DiskImage& image, Alter alter) : image_(image), alter_(std::move(alter)) {
    for (const auto& [key, inode] : image.entries) children_[key.first].emplace_back(key.second, inode);
  }

  void write(const std::string& path) { write_node(path, image_.root); }

 private:
  void write_node(const std::string& path, Inode inode) {
    const auto found = image_.nodes.find(inode);
    if (found == image_.nodes.end()) return;
    const DiskNode& node = found->second;
    const auto made = made_.find(inode);
    if (made != made_.end()) {
      must(os_.link(AT_FDCWD, made->second, AT_FDCWD, path));
      return;
    }
    if (S_ISDIR(node.mode)) {
      must(os_.mkdir(AT_FDCWD, path, 0700));
      for (const auto& [child, child_inode] : children_[inode]) write_node(path + "/" + child, child_inode);
      must(os_.chmod(AT_FDCWD, path, node.mode & 07777U));
    } else if (S_ISLNK(node.mode)) {
      must(os_.symlink(node.data, AT_FDCWD, path));
    } else if (S_ISREG(node.mode)) {
      const UniqueFd fd = must(os_.open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, node.mode & 07777U));
      must(os_.write_all(fd.get(), alter_(node.data)));
      made_[inode] = path;
    } else {
      must(os_.mknod(AT_FDCWD, path, node.mode, node.device));
    }
    must(os_.utimens(AT_FDCWD, path, {node.mtime, node.mtime}));
  }

  Os os_;
  const DiskImage& image_;
  Alter alter_;
  std::map<Inode, std::vector<std::pair<std::string, Inode>>> children_;
  std::map<Inode, std::string> made_;
};

}  // namespace larder::test
