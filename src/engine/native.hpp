#pragma once

#include "engine/engine.hpp"

namespace larder::engine {

/// The rootless sandbox without a daemon: a child enters its own user and mount namespaces, mounts the volumes by
/// direct system calls and executes bubblewrap. The kernel removes every mount with the last process, and everything
/// dies with the process that started it, even at kill -9.
class NativeEngine final : public Engine {
 public:
  /// Starts the sandbox. The calling process must be single-threaded.
  Result<std::unique_ptr<Process>> start(const Spec& spec) override;
};

/// The path of the program bwrap: in PATH, or where distributions install it; empty where it is not there.
std::string find_bubblewrap();

/// The arguments for bubblewrap; the root is put together at `root_dir` by then. The command begins when the other end
/// of the pipe `start_fd` is closed; -1: at once.
std::vector<std::string> bubblewrap_arguments(const Spec& spec, int status_fd, int seccomp_fd, int start_fd = -1);

}  // namespace larder::engine
