#pragma once

#include <optional>
#include <string>

#include "base/os.hpp"

namespace larder {

enum class LockMode { shared, exclusive };

/// A FileLock holds an flock(2) on a file until its life ends; the kernel releases it when the process ends.
class FileLock {
 public:
  /// Waits for the lock, and creates the file if need be. A signal that is not ignored does not end the wait.
  static Result<FileLock> acquire(Os& os, int dir, const std::string& path, LockMode mode);
  /// Takes the lock, or gives no value when somebody else holds it.
  static Result<std::optional<FileLock>> try_acquire(Os& os, int dir, const std::string& path, LockMode mode);

  int fd() const { return fd_.get(); }

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace larder
