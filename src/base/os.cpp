#include "base/os.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <memory>

namespace larder {
namespace {

/// xattr calls know no directory fd: the entry is named through /proc, whose last part is not followed (l*xattr).
std::string through_proc(int dir, const std::string& path) {
  if (dir == AT_FDCWD || (!path.empty() && path.front() == '/')) return path;
  return "/proc/self/fd/" + std::to_string(dir) + "/" + path;
}

/// The kernel clears as much memory as it is offered, so much is offered only where little is not enough.
template <typename Read>
Result<std::string> read_attribute(Read&& read) {
  constexpr size_t usual_bytes = 1024;
  std::string data(usual_bytes, '\0');
  Result<long> size = read(data.data(), data.size());
  if (!size && size.error().sys_errno == ERANGE) {
    data.resize(XATTR_SIZE_MAX);
    size = read(data.data(), data.size());
  }
  if (!size) return fail(size.error());
  data.resize(static_cast<size_t>(*size));
  return data;
}

unsigned char type_of(mode_t mode) { return static_cast<unsigned char>((mode & S_IFMT) >> 12); }

}  // namespace

template <typename Call>
Result<long> Os::run(const char* call, const std::string& what, Call&& body) {
  long value = 0;
  do {
    const int number = before(call);
    value = number == 0 ? static_cast<long>(body()) : -1;
    if (number != 0) errno = number;
  } while (value < 0 && errno == EINTR);
  if (value < 0) return fail_sys(errno, what);
  return value;
}

Result<UniqueFd> Os::open(int dir, const std::string& path, int flags, mode_t mode) {
  TRY_ASSIGN(const long fd,
             run("open", "cannot open " + path, [&] { return ::openat(dir, path.c_str(), flags | O_CLOEXEC, mode); }));
  return UniqueFd(static_cast<int>(fd));
}

Result<UniqueFd> Os::open_dir(int dir, const std::string& path) {
  return open(dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

Result<UniqueFd> Os::open_in_root(int dir, const std::string& path) {
  open_how how{};
  how.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  TRY_ASSIGN(const long fd, run("open", "cannot open " + path,
                                [&] { return ::syscall(SYS_openat2, dir, path.c_str(), &how, sizeof how); }));
  return UniqueFd(static_cast<int>(fd));
}

Result<UniqueFd> Os::open_dir_beneath(int dir, const std::string& path) {
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  TRY_ASSIGN(const long fd, run("open", "cannot open " + path,
                                [&] { return ::syscall(SYS_openat2, dir, path.c_str(), &how, sizeof how); }));
  return UniqueFd(static_cast<int>(fd));
}

Status Os::mkdir(int dir, const std::string& path, mode_t mode) {
  TRY(run("mkdir", "cannot create the directory " + path, [&] { return ::mkdirat(dir, path.c_str(), mode); }));
  return {};
}

Status Os::rename(int from_dir, const std::string& from, int to_dir, const std::string& to) {
  TRY(run("rename", "cannot rename " + from + " to " + to,
          [&] { return ::renameat(from_dir, from.c_str(), to_dir, to.c_str()); }));
  return {};
}

Status Os::rename_new(int from_dir, const std::string& from, int to_dir, const std::string& to) {
  TRY(run("rename", "cannot rename " + from + " to " + to,
          [&] { return ::renameat2(from_dir, from.c_str(), to_dir, to.c_str(), RENAME_NOREPLACE); }));
  return {};
}

Status Os::exchange(int from_dir, const std::string& from, int to_dir, const std::string& to) {
  TRY(run("rename", "cannot exchange " + from + " and " + to,
          [&] { return ::renameat2(from_dir, from.c_str(), to_dir, to.c_str(), RENAME_EXCHANGE); }));
  return {};
}

Status Os::unlink(int dir, const std::string& path) {
  TRY(run("unlink", "cannot delete " + path, [&] { return ::unlinkat(dir, path.c_str(), 0); }));
  return {};
}

Status Os::rmdir(int dir, const std::string& path) {
  TRY(run("rmdir", "cannot delete the directory " + path, [&] { return ::unlinkat(dir, path.c_str(), AT_REMOVEDIR); }));
  return {};
}

Status Os::link(int from_dir, const std::string& from, int to_dir, const std::string& to) {
  TRY(run("link", "cannot link " + from + " to " + to,
          [&] { return ::linkat(from_dir, from.c_str(), to_dir, to.c_str(), 0); }));
  return {};
}

Status Os::symlink(const std::string& text, int dir, const std::string& path) {
  TRY(run("symlink", "cannot create the link " + path, [&] { return ::symlinkat(text.c_str(), dir, path.c_str()); }));
  return {};
}

Status Os::mknod(int dir, const std::string& path, mode_t mode, dev_t device) {
  TRY(run("mknod", "cannot create the node " + path, [&] { return ::mknodat(dir, path.c_str(), mode, device); }));
  return {};
}

Status Os::sync(const char* call, int fd, int (*body)(int fd)) {
  auto done = run(call, "cannot make data durable", [&] { return body(fd); });
  if (done) {
    synced(call, fd);
    return {};
  }
  done.error().sync_failed = true;
  return fail(std::move(done.error()));
}

Status Os::fsync(int fd) { return sync("fsync", fd, ::fsync); }

Status Os::syncfs(int fd) { return sync("syncfs", fd, ::syncfs); }

Status Os::flock(int fd, int operation) {
  TRY(run("flock", "cannot lock", [&] { return ::flock(fd, operation); }));
  return {};
}

Status Os::chmod(int dir, const std::string& path, mode_t mode) {
  TRY(run("chmod", "cannot change the mode of " + path, [&] { return ::fchmodat(dir, path.c_str(), mode, 0); }));
  return {};
}

Status Os::fchmod(int fd, mode_t mode) {
  TRY(run("chmod", "cannot change a mode", [&] { return ::fchmod(fd, mode); }));
  return {};
}

Status Os::truncate(int fd, uint64_t size) {
  TRY(run("ftruncate", "cannot set a file's length", [&] { return ::ftruncate(fd, static_cast<off_t>(size)); }));
  return {};
}

Status Os::chown(int dir, const std::string& path, uid_t uid, gid_t gid) {
  TRY(run("chown", "cannot change the owner of " + path,
          [&] { return ::fchownat(dir, path.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW); }));
  return {};
}

Status Os::futimens(int fd, const timespec (&times)[2]) {
  TRY(run("utimens", "cannot set a file's times", [&] { return ::futimens(fd, times); }));
  return {};
}

Status Os::utimens(int dir, const std::string& path, const timespec (&times)[2]) {
  TRY(run("utimens", "cannot set the times of " + path,
          [&] { return ::utimensat(dir, path.c_str(), times, AT_SYMLINK_NOFOLLOW); }));
  return {};
}

Result<std::optional<struct stat>> Os::stat(int dir, const std::string& path) {
  struct stat status {};
  const auto done =
      run("stat", "cannot examine " + path, [&] { return ::fstatat(dir, path.c_str(), &status, AT_SYMLINK_NOFOLLOW); });
  if (done) return status;
  if (done.error().sys_errno == ENOENT) return std::nullopt;
  return fail(done.error());
}

Result<struct stat> Os::fstat(int fd) {
  struct stat status {};
  TRY(run("stat", "cannot examine a file", [&] { return ::fstat(fd, &status); }));
  return status;
}

Result<std::vector<DirEntry>> Os::list(int dir, const std::string& path) {
  TRY_ASSIGN(UniqueFd fd, open_dir(dir, path));
  TRY(run("list", "cannot list " + path, [] { return 0; }));  // readdir itself is not interrupted on local disks
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd.get()), ::closedir);
  if (!stream) return fail_sys(errno, "cannot list " + path);
  const int list_fd = fd.release();  // the stream owns it now
  std::vector<DirEntry> entries;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    unsigned char type = entry->d_type;
    if (type == DT_UNKNOWN) {
      struct stat status {};
      if (::fstatat(list_fd, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
        return fail_sys(errno, "cannot examine " + name);
      type = type_of(status.st_mode);
    }
    entries.push_back({std::move(name), type});
    errno = 0;
  }
  if (errno != 0) return fail_sys(errno, "cannot list " + path);
  std::sort(entries.begin(), entries.end(), [](const DirEntry& a, const DirEntry& b) { return a.name < b.name; });
  return entries;
}

Result<std::string> Os::read_link(int dir, const std::string& path) {
  std::array<char, PATH_MAX> text{};
  TRY_ASSIGN(const long size, run("readlink", "cannot read the link " + path,
                                  [&] { return ::readlinkat(dir, path.c_str(), text.data(), text.size()); }));
  return std::string(text.data(), static_cast<size_t>(size));
}

Result<std::optional<std::string>> Os::get_xattr(int dir, const std::string& path, const char* name) {
  const std::string full = through_proc(dir, path);
  auto value = read_attribute([&](char* data, size_t size) {
    return run("getxattr", "cannot read the attributes of " + path,
               [&] { return ::lgetxattr(full.c_str(), name, data, size); });
  });
  if (value) return std::optional(std::move(*value));
  const int number = value.error().sys_errno;
  if (number == ENODATA || number == ENOTSUP) return std::nullopt;
  return fail(value.error());
}

Status Os::set_xattr(int dir, const std::string& path, const char* name, std::string_view value) {
  const std::string full = through_proc(dir, path);
  TRY(run("setxattr", "cannot set an attribute of " + path,
          [&] { return ::lsetxattr(full.c_str(), name, value.data(), value.size(), 0); }));
  return {};
}

Status Os::remove_xattr(int dir, const std::string& path, const char* name) {
  const std::string full = through_proc(dir, path);
  TRY(run("removexattr", "cannot remove an attribute of " + path, [&] { return ::lremovexattr(full.c_str(), name); }));
  return {};
}

Result<std::vector<std::string>> Os::list_xattrs(int dir, const std::string& path) {
  const std::string full = through_proc(dir, path);
  const auto all = read_attribute([&](char* data, size_t size) {
    return run("listxattr", "cannot read the attributes of " + path,
               [&] { return ::llistxattr(full.c_str(), data, size); });
  });
  std::vector<std::string> names;
  if (!all && all.error().sys_errno == ENOTSUP) return names;
  if (!all) return fail(all.error());
  for (size_t at = 0; at < all->size(); at += names.back().size() + 1) names.emplace_back(all->c_str() + at);
  return names;
}

Result<size_t> Os::read(int fd, void* buffer, size_t size) {
  TRY_ASSIGN(const long count, run("read", "cannot read", [&] { return ::read(fd, buffer, size); }));
  return static_cast<size_t>(count);
}

Result<size_t> Os::read_at(int fd, void* buffer, size_t size, uint64_t offset) {
  TRY_ASSIGN(const long count,
             run("pread", "cannot read", [&] { return ::pread(fd, buffer, size, static_cast<off_t>(offset)); }));
  return static_cast<size_t>(count);
}

Status Os::write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    TRY_ASSIGN(const long count, run("write", "cannot write",
                                     [&] { return ::write(fd, data.data(), std::min(data.size(), write_limit())); }));
    data.remove_prefix(static_cast<size_t>(count));
  }
  return {};
}

namespace {

/// copy_file_range(2) shares blocks where it can, but refuses some pairs of file systems.
long copy_some(int from, int to, size_t size) {
  const long count = ::copy_file_range(from, nullptr, to, nullptr, size, 0);
  const bool unable = count < 0 && (errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS);
  return unable ? ::sendfile(to, from, nullptr, size) : count;
}

}  // namespace

Status Os::copy_range(int from, int to, size_t size) {
  while (size > 0) {
    TRY_ASSIGN(const long count, run("copy_file_range", "cannot copy a file",
                                     [&] { return copy_some(from, to, std::min(size, write_limit())); }));
    if (count == 0) return fail(ErrorCode::environment, "cannot copy a file", "it became shorter meanwhile");
    size -= static_cast<size_t>(count);
  }
  return {};
}

namespace {

/// Goes down into directories and up again by "..", with one descriptor: what a hostile build left may be deeper than
/// there are descriptors.
class TreeRemoval {
 public:
  explicit TreeRemoval(Os& os) : os_(os) {}

  Result<uint64_t> run(int dir, const std::string& path) {
    TRY(remove_or_enter(dir, path));
    while (!levels_.empty()) {
      if (!levels_.back().entries.empty()) {
        const std::string name = std::move(levels_.back().entries.back().name);
        levels_.back().entries.pop_back();
        TRY(remove_or_enter(at_.get(), name));
        continue;
      }
      const std::string name = levels_.back().name;
      levels_.pop_back();
      if (!levels_.empty()) TRY(go_up());
      TRY(os_.rmdir(levels_.empty() ? dir : at_.get(), name));
    }
    return freed_bytes_;
  }

 private:
  struct Level {
    std::string name;
    ino_t inode;
    std::vector<DirEntry> entries;  ///< still to be deleted
  };

  Status remove_or_enter(int dir, const std::string& name) {
    TRY_ASSIGN(const auto status, os_.stat(dir, name));
    if (!status) return {};
    const uint64_t bytes = static_cast<uint64_t>(status->st_blocks) * 512;
    if (!S_ISDIR(status->st_mode)) {
      TRY(os_.unlink(dir, name));
      if (status->st_nlink == 1) freed_bytes_ += bytes;
      return {};
    }
    if ((status->st_mode & S_IRWXU) != S_IRWXU) TRY(os_.chmod(dir, name, S_IRWXU));
    TRY_ASSIGN(auto entries, os_.list(dir, name));
    TRY_ASSIGN(at_, os_.open_dir(dir, name));
    levels_.push_back({name, status->st_ino, std::move(entries)});
    freed_bytes_ += bytes;
    return {};
  }

  /// A directory that somebody moves away meanwhile must not lead out of the tree.
  Status go_up() {
    TRY_ASSIGN(at_, os_.open_dir(at_.get(), ".."));
    TRY_ASSIGN(const auto status, os_.fstat(at_.get()));
    if (status.st_ino == levels_.back().inode) return {};
    return fail(ErrorCode::environment, "cannot delete " + levels_.front().name, "it changes meanwhile");
  }

  Os& os_;
  UniqueFd at_;
  std::vector<Level> levels_;
  uint64_t freed_bytes_ = 0;
};

}  // namespace

Result<std::string> read_file(Os& os, int dir, const std::string& path, size_t limit_bytes) {
  TRY_ASSIGN(const UniqueFd fd, os.open(dir, path, O_RDONLY | O_NONBLOCK));
  TRY_ASSIGN(const auto status, os.fstat(fd.get()));
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::usage, "cannot read " + path, "it is not a file");
  std::string text;
  std::array<char, 65536> buffer{};
  while (true) {
    const auto count = os.read(fd.get(), buffer.data(), buffer.size());
    if (!count) return fail_sys(count.error().sys_errno, "cannot read " + path);
    if (*count == 0) return text;
    text.append(buffer.data(), *count);
    if (text.size() > limit_bytes) return fail(ErrorCode::damage, path + " is larger than any such file can be");
  }
}

Status make_dirs(Os& os, int dir, const std::string& path) {
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (const Status made = os.mkdir(dir, part); !made && made.error().sys_errno != EEXIST) return made;
    if (end == std::string::npos) return {};
  }
}

Result<uint64_t> remove_tree(Os& os, int dir, const std::string& path) { return TreeRemoval(os).run(dir, path); }

}  // namespace larder
