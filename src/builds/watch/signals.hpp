#pragma once

#include <csignal>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace larder::builds {

/// A watch for SIGINT, SIGTERM and SIGHUP: while the object lives, they do not end the process but are read here. One
/// that the caller has had ignored, as nohup(1) does, stays ignored.
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
  Signals(UniqueFd fd, const sigset_t& set) : fd_(std::move(fd)), set_(set) {}
  UniqueFd fd_;
  sigset_t set_;
};

}  // namespace larder::builds
