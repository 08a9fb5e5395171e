#include "source/walk.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "base/parallel.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"

namespace larder::source {
namespace {

/// What a folder holds, and which of it is looked into.
struct Folder {
  std::string path;
  std::vector<Seen> children;
  std::vector<size_t> inner;  ///< numbers of folders, one for each child that is looked into, in their order
  Digest names = {};
  bool gone = false;
};

Kind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return Kind::file;
  if (S_ISDIR(mode)) return Kind::folder;
  return S_ISLNK(mode) ? Kind::link : Kind::other;
}

Stamp stamp_of(const struct stat& status) {
  return {static_cast<uint64_t>(status.st_size), nanoseconds(status.st_mtim), nanoseconds(status.st_ctim),
          status.st_ino, status.st_dev};
}

/// git's objects are named by their content, and a repository may hold gigabytes of them.
bool is_object_store(const std::string& folder, const std::string& name) {
  return (name == "objects" || name == "lfs") && is_gits_own(folder) && folder.find("/refs") == std::string::npos &&
         folder.find("/logs") == std::string::npos;
}

class Walker {
 public:
  Walker(Os& os, int root, const std::vector<std::string>& left_out, unsigned workers)
      : os_(os), root_(root), left_out_(left_out), workers_(workers) {}

  /// Level by level, so that the folders of one are shared among the threads.
  Result<std::vector<Seen>> run() {
    folders_.push_back({});
    for (size_t begin = 0, end = 1; begin < end; begin = end, end = folders_.size()) {
      TRY(in_parallel(end - begin, workers_,
                      [&](unsigned, size_t index) { return look_into(folders_[begin + index]); }));
      for (size_t number = begin; number < end; ++number) plan_inner(number);
    }
    TRY_ASSIGN(const struct stat status, os_.fstat(root_));
    size_t count = 1;
    for (const Folder& folder : folders_) count += folder.children.size();
    seen_.reserve(count);
    seen_.push_back(describe("", status));
    emit(0, 0);
    return std::move(seen_);
  }

 private:
  bool is_left_out(const std::string& path) const {
    return std::find(left_out_.begin(), left_out_.end(), path) != left_out_.end();
  }

  static Seen describe(std::string path, const struct stat& status) {
    Seen seen;
    seen.entry = {std::move(path),
                  kind_of(status.st_mode),
                  static_cast<uint16_t>(status.st_mode & 07777U),
                  {},
                  nanoseconds(status.st_mtim)};
    seen.stamp = stamp_of(status);
    return seen;
  }

  Status look_into(Folder& folder) {
    const auto fd = os_.open_dir(root_, folder.path.empty() ? "." : folder.path);
    if (!fd) return pass_over(folder, fd.error());
    const auto listed = os_.list(fd->get(), ".");
    if (!listed) return pass_over(folder, listed.error());
    Sha256 names;
    folder.children.reserve(listed->size());
    for (const DirEntry& child : *listed) TRY(look_at(folder, fd->get(), child.name, names));
    folder.names = names.finish_bytes();
    return {};
  }

  /// A folder without known names.
  static Status pass_over(Folder& folder, const Error& error) {
    if (error.sys_errno == ENOENT || error.sys_errno == ENOTDIR || error.sys_errno == ELOOP) folder.gone = true;
    if (folder.gone || error.sys_errno == EACCES || error.sys_errno == EPERM) return {};
    return fail(error);
  }

  Status look_at(Folder& folder, int fd, const std::string& name, Sha256& names) {
    std::string path = folder.path.empty() ? name : folder.path + "/" + name;
    if (is_left_out(path)) return {};
    TRY_ASSIGN(const auto status, os_.stat(fd, name));
    if (!status) return {};
    Seen seen = describe(std::move(path), *status);
    if (seen.entry.kind == Kind::link) TRY(read_link(fd, name, seen));
    if (seen.entry.kind == Kind::other) seen.entry.content.fill(1);
    if (name != ".git") {  // it is a folder in a clone and a file in a worktree
      names.field(name);
      names.update(&seen.entry.kind, sizeof seen.entry.kind);
    }
    folder.children.push_back(std::move(seen));
    return {};
  }

  Status read_link(int fd, const std::string& name, Seen& seen) {
    const auto text = os_.read_link(fd, name);
    if (!text) return {};  // it is something else now: its content is not known
    seen.link = *text;
    Sha256 hash;
    hash.update(*text);
    seen.entry.content = hash.finish_bytes();
    return {};
  }

  void plan_inner(size_t number) {
    for (size_t i = 0; i < folders_[number].children.size(); ++i) {
      const Entry& child = folders_[number].children[i].entry;
      if (child.kind != Kind::folder) continue;
      const std::string name = child.path.substr(child.path.rfind('/') + 1);
      const bool entered = !is_object_store(folders_[number].path, name);
      folders_[number].inner.push_back(entered ? folders_.size() : 0);
      if (!entered) folders_[number].children[i].entry.content.fill(1);
      if (entered) folders_.push_back({child.path, {}, {}, {}, false});
    }
  }

  void emit(size_t number, size_t own) {
    seen_[own].entry.content = folders_[number].names;
    size_t inner = 0;
    for (Seen& child : folders_[number].children) {
      const bool folder = child.entry.kind == Kind::folder;
      const size_t below = folder ? folders_[number].inner[inner++] : 0;
      if (below != 0 && folders_[below].gone) continue;
      seen_.push_back(std::move(child));
      if (below != 0) emit(below, seen_.size() - 1);
    }
  }

  Os& os_;
  int root_;
  const std::vector<std::string>& left_out_;
  unsigned workers_;
  std::vector<Folder> folders_;
  std::vector<Seen> seen_;
};

constexpr size_t mountinfo_bytes_max = size_t{64} << 20;

/// mountinfo writes bytes that would end a field as a backslash and three octal digits.
std::string unescape_octal(const std::string& text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 3 >= text.size()) {
      plain += text[i];
      continue;
    }
    plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
    i += 3;
  }
  return plain;
}

Result<int64_t> clock_now() {
  timespec now{};
  if (::clock_gettime(CLOCK_REALTIME_COARSE, &now) != 0) return fail_sys(errno, "cannot read the clock");
  return nanoseconds(now);
}

/// Larder itself makes and fills what is left out, which changes the times of the folder around it.
bool is_unchanged(const Seen& before, const Seen& after, const std::vector<std::string>& left_out) {
  if (before.entry.kind != after.entry.kind || before.entry.mode != after.entry.mode) return false;
  if (before.stamp == after.stamp) return true;
  const auto is_around = [&](const std::string& path) {
    const size_t slash = path.rfind('/');
    return before.entry.path == (slash == std::string::npos ? "" : path.substr(0, slash));
  };
  return before.entry.kind == Kind::folder && before.entry.content == after.entry.content &&
         std::any_of(left_out.begin(), left_out.end(), is_around);
}

}  // namespace

Result<Walk> walk(Os& os, const std::string& folder, const std::vector<std::string>& left_out, unsigned workers) {
  Walk result;
  result.folder = folder;
  result.left_out = left_out;
  TRY_ASSIGN(result.began, clock_now());
  TRY_ASSIGN(result.mounts, mounts_below(os, folder));
  TRY_ASSIGN(const UniqueFd root, os.open(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY));
  TRY_ASSIGN(result.seen, Walker(os, root.get(), left_out, workers).run());
  return result;
}

Result<std::vector<std::string>> mounts_below(Os& os, const std::string& folder) {
  TRY_ASSIGN(const std::string text, read_file(os, AT_FDCWD, "/proc/self/mountinfo", mountinfo_bytes_max));
  std::vector<std::string> mounts;
  for (const std::string& line : split(text, '\n')) {
    const auto fields = split(line, ' ');
    if (fields.size() < 5) continue;
    const std::string point = unescape_octal(fields[4]);
    if (is_below(point, folder)) mounts.push_back(point.substr(folder.size() + 1));
  }
  return mounts;
}

bool is_mounted(const Walk& walk, std::string_view path) {
  return std::any_of(walk.mounts.begin(), walk.mounts.end(),
                     [&](const std::string& mount) { return path == mount || is_below(path, mount); });
}

const Seen* find_seen(const Walk& walk, std::string_view path) {
  const auto found = std::lower_bound(walk.seen.begin(), walk.seen.end(), path,
                                      [](const Seen& a, std::string_view b) { return path_before(a.entry.path, b); });
  return found != walk.seen.end() && found->entry.path == path ? &*found : nullptr;
}

Entries entries_of(const Walk& walk) {
  Entries entries;
  entries.reserve(walk.seen.size());
  for (const Seen& seen : walk.seen) entries.push_back(seen.entry);
  return entries;
}

Links links_of(const Walk& walk) {
  Links links;
  for (const Seen& seen : walk.seen)
    if (seen.entry.kind == Kind::link) links.push_back({seen.entry.path, seen.link});
  return links;
}

void forget_changed(Walk& walk, const Walk& later) {
  auto next = later.seen.begin();
  for (Seen& seen : walk.seen) {
    while (next != later.seen.end() && path_before(next->entry.path, seen.entry.path)) ++next;
    const bool there = next != later.seen.end() && next->entry.path == seen.entry.path;
    if (!there || !is_unchanged(seen, *next, walk.left_out)) seen.entry.content = {};
  }
}

}  // namespace larder::source
