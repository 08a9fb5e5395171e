#include "base/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace larder {
namespace {

Result<UniqueFd> open_lock(Os& os, int dir, const std::string& path) {
  return os.open(dir, path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
}

int operation(LockMode mode) { return mode == LockMode::shared ? LOCK_SH : LOCK_EX; }

}  // namespace

Result<FileLock> FileLock::acquire(Os& os, int dir, const std::string& path, LockMode mode) {
  TRY_ASSIGN(UniqueFd fd, open_lock(os, dir, path));
  TRY(os.flock(fd.get(), operation(mode)));
  return FileLock(std::move(fd));
}

Result<std::optional<FileLock>> FileLock::try_acquire(Os& os, int dir, const std::string& path, LockMode mode) {
  TRY_ASSIGN(UniqueFd fd, open_lock(os, dir, path));
  const Status locked = os.flock(fd.get(), operation(mode) | LOCK_NB);
  if (locked) return std::optional(FileLock(std::move(fd)));
  if (locked.error().sys_errno == EWOULDBLOCK) return std::optional<FileLock>();
  return fail(locked.error());
}

}  // namespace larder
