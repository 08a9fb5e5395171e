#pragma once

#include <optional>
#include <string>

#include "base/os.hpp"

namespace larder {

enum class LockMode { shared, exclusive };

/// An flock(2) on a file of its own; released at the end of the object's life, and by the kernel when the process ends.
class FileLock {
 public:
  /// Creates the file if need be and waits for the lock. A signal that is not ignored does not end the wait.
  static Result<FileLock> acquire(Os& os, int dir, const std::string& path, LockMode mode);
  /// No value when somebody else holds it.
  static Result<std::optional<FileLock>> try_acquire(Os& os, int dir, const std::string& path, LockMode mode);

  int fd() const { return fd_.get(); }

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace larder
