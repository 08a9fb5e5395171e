#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"

namespace larder::engine {

/// The right of one living run to a volume's name in one engine (`scope`), for all users and stores of this machine. It
/// is a Unix socket of an abstract name (unix(7)), so the kernel gives it back with the last process that has it open.
class NameLock {
 public:
  /// Takes the right; no value while another run has it.
  static std::optional<NameLock> try_take(const std::string& scope, const std::string& name);
  /// Takes the rights to these names, one for each that can be had. Waits for runs that are about to end: half a second
  /// for all names together, or a few seconds.
  enum class Wait { little, longer };
  static std::vector<std::optional<NameLock>> take(const std::string& scope, const std::vector<std::string>& names,
                                                   Wait wait = Wait::little);

  int fd() const { return fd_.get(); }

 private:
  explicit NameLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace larder::engine
