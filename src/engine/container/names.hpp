#pragma once

#include <optional>
#include <string>

#include "base/unique_fd.hpp"

namespace larder::engine {

/// The right of one living run to a volume's name in one engine (`scope`), for all users and stores of this machine. It
/// is a Unix socket of an abstract name (unix(7)), so the kernel gives it back with the last process that has it open.
class NameLock {
 public:
  /// No value while somebody else has it.
  static std::optional<NameLock> try_take(const std::string& scope, const std::string& name);
  /// Waits for somebody who is about to end, 0.15 s at most.
  static std::optional<NameLock> take(const std::string& scope, const std::string& name);

  int fd() const { return fd_.get(); }

 private:
  explicit NameLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace larder::engine
