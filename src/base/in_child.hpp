#pragma once

#include <functional>

#include "base/result.hpp"

namespace larder {

/// Runs `body` in a forked child and gives its result back here. For what changes a process for good, such as
/// entering a namespace. The caller must be single-threaded.
Status in_child(const std::function<Status()>& body);

/// An error written to and read from a pipe between processes.
void send_error(int fd, const Error& error);
/// Reads to the end of the pipe; success when nothing came.
Status receive_error(int fd);

}  // namespace larder
