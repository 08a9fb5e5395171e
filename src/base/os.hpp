#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace larder {

struct DirEntry {
  std::string name;
  unsigned char type;  ///< DT_REG and the like, never DT_UNKNOWN
};

/// Os is the one seam between Larder and the kernel for everything that touches the store. Each method is one system
/// call (retried on EINTR) with its error as text. A test derives from it and overrides `before` to make the
/// k-th call fail, or the process end there.
///
/// Paths are relative to a directory fd and must not come unchecked from outside; AT_FDCWD is allowed.
class Os {
 public:
  Os() = default;
  Os(const Os&) = delete;
  Os& operator=(const Os&) = delete;
  virtual ~Os() = default;

  Result<UniqueFd> open(int dir, const std::string& path, int flags, mode_t mode = 0);
  /// Opens a directory without following a symbolic link in its last part.
  Result<UniqueFd> open_dir(int dir, const std::string& path);
  /// Opens a file for reading with `dir` as the root for all links on the way; see RESOLVE_IN_ROOT in openat2(2).
  Result<UniqueFd> open_in_root(int dir, const std::string& path);
  /// Opens a directory below `dir`; a symbolic link anywhere on the way is refused (ELOOP), as is what leads out
  /// (EXDEV); see RESOLVE_BENEATH in openat2(2).
  Result<UniqueFd> open_dir_beneath(int dir, const std::string& path);
  Status mkdir(int dir, const std::string& path, mode_t mode = 0777);
  /// Refused (EEXIST) where `to` is there already; RENAME_NOREPLACE in renameat2(2).
  Status rename_new(int from_dir, const std::string& from, int to_dir, const std::string& to);
  /// Swaps two entries that are both there, in one step; RENAME_EXCHANGE in renameat2(2).
  Status exchange(int from_dir, const std::string& from, int to_dir, const std::string& to);
  Status rename(int from_dir, const std::string& from, int to_dir, const std::string& to);
  Status unlink(int dir, const std::string& path);
  Status rmdir(int dir, const std::string& path);
  Status link(int from_dir, const std::string& from, int to_dir, const std::string& to);
  Status symlink(const std::string& text, int dir, const std::string& path);
  Status mknod(int dir, const std::string& path, mode_t mode, dev_t device);
  /// A failure of fsync and syncfs has Error::sync_failed: trying again would succeed without what was lost.
  Status fsync(int fd);
  Status syncfs(int fd);
  Status flock(int fd, int operation);
  Status chmod(int dir, const std::string& path, mode_t mode);
  Status fchmod(int fd, mode_t mode);
  /// Makes the file this long; what it has not had reads as zeros and takes no disk.
  Status truncate(int fd, uint64_t size);
  /// Changes the entry itself, also a symbolic link. The kernel takes away set-user-id bits and capabilities.
  Status chown(int dir, const std::string& path, uid_t uid, gid_t gid);
  /// Sets the times {access, modification}.
  Status utimens(int dir, const std::string& path, const timespec (&times)[2]);
  Status futimens(int fd, const timespec (&times)[2]);

  /// Gives no value when there is no such entry. Does not follow a symbolic link.
  Result<std::optional<struct stat>> stat(int dir, const std::string& path);
  Result<struct stat> fstat(int fd);
  /// Gives the entries of the directory, sorted by name, without "." and "..".
  Result<std::vector<DirEntry>> list(int dir, const std::string& path);
  Result<std::string> read_link(int dir, const std::string& path);
  /// Gives the value of an extended attribute; no value when it is not set. Follows no symbolic link.
  Result<std::optional<std::string>> get_xattr(int dir, const std::string& path, const char* name);
  Status set_xattr(int dir, const std::string& path, const char* name, std::string_view value);
  Status remove_xattr(int dir, const std::string& path, const char* name);
  /// Gives the names of the entry's extended attributes that the caller may see; none where the file system has no
  /// such thing. Follows no symbolic link.
  Result<std::vector<std::string>> list_xattrs(int dir, const std::string& path);

  /// Reads at most `size` bytes; 0 at the end of the file.
  Result<size_t> read(int fd, void* buffer, size_t size);
  /// Reads at most `size` bytes from `offset` on, whatever the file's position; 0 at the end of the file.
  Result<size_t> read_at(int fd, void* buffer, size_t size, uint64_t offset);
  /// Writes all of `data`, in as many calls as it takes.
  Status write_all(int fd, std::string_view data);
  /// Copies the first `size` bytes of a file to the other's position; a source that ends early is an error.
  Status copy_range(int from, int to, size_t size);

 protected:
  /// Is called before each system call with its name. An errno other than 0 makes the call fail with it, undone.
  virtual int before(const char* call) {
    (void)call;
    return 0;
  }
  /// Is called after an fsync or syncfs that succeeded, with its descriptor.
  virtual void synced(const char* call, int fd) {
    (void)call;
    (void)fd;
  }
  /// Gives the most bytes that one write(2) may take; a test makes it small.
  virtual size_t write_limit() const { return SIZE_MAX; }

 private:
  template <typename Call>
  Result<long> run(const char* call, const std::string& what, Call&& body);
  Status sync(const char* call, int fd, int (*body)(int fd));
};

/// Reads a whole file of at most `limit_bytes`; longer ones are an error, as is a FIFO or a device, which could hold
/// the reader for ever.
Result<std::string> read_file(Os& os, int dir, const std::string& path, size_t limit_bytes);

/// Creates the directories of `path` that are missing, like mkdir -p.
Status make_dirs(Os& os, int dir, const std::string& path);

/// Deletes a tree, whatever its depth and the modes in it, as far as the caller's rights go. Nothing there is success.
/// Gives the bytes of disk that this freed: the sizes of files with no other link.
Result<uint64_t> remove_tree(Os& os, int dir, const std::string& path);

}  // namespace larder
