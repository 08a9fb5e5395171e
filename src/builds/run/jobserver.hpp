#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "engine/engine.hpp"

namespace larder::builds {

/// A GNU make jobserver (make manual, "POSIX Jobserver Interaction") that all targets' tools share, so that two cores
/// run two jobs however many targets are built. Each tool owns one job slot without asking; Larder takes a token for
/// it before it starts the tool. Given as a pair of inherited descriptors, which make since 4.2, cargo and rustc know;
/// a container, which inherits none, opens them from a named pipe.
class Jobserver {
 public:
  static Result<Jobserver> create(int jobs);
  /// Makes a jobserver with a named pipe at `path`, for containers to open.
  static Result<Jobserver> create(int jobs, const std::string& path);

  /// Takes a token; false when none is free.
  bool try_take();
  void put_back();
  /// Puts back the tokens that a killed tool took with it. To be called only while no tool runs.
  void refill();

  std::string makeflags() const;
  /// Adds to the spec what its command needs to take part: MAKEFLAGS, and the descriptors or the named pipe.
  void equip(engine::Spec& spec) const;
  std::vector<int> fds() const { return {read_.get(), write_.get()}; }

 private:
  Jobserver(UniqueFd read, UniqueFd write, UniqueFd own, int jobs)
      : read_(std::move(read)), write_(std::move(write)), own_(std::move(own)), jobs_(jobs) {}

  UniqueFd read_;
  UniqueFd write_;
  UniqueFd own_;  ///< the pipe's reading end opened once more, not blocking; make 4.3 wants the shared one to block
  int jobs_;
  std::string path_;  ///< of the named pipe; empty where there is none
};

}  // namespace larder::builds
