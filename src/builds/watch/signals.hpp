#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace larder::builds {

/// A watch for SIGINT, SIGTERM and SIGHUP: while the object lives, they do not end the process but are read here.
class Signals {
 public:
  static Result<Signals> block();
  Signals(Signals&&) noexcept = default;
  Signals& operator=(Signals&&) = delete;
  ~Signals();

  int fd() const { return fd_.get(); }  ///< readable when one is there; for poll(2)
  /// The number of signals that have come since the last call.
  int take();

 private:
  explicit Signals(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace larder::builds
