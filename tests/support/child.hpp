#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <functional>

#include "base/in_child.hpp"
#include "support/must.hpp"

namespace larder::test {

/// in_child for bodies that use must(): an exception must not unwind into the child's copy of the test program.
inline Status run_in_child(const std::function<void()>& body) {
  return in_child([&]() -> Status {
    try {
      body();
    } catch (const std::exception& error) {
      return fail(ErrorCode::environment, error.what());
    }
    return {};
  });
}

/// Runs `body` in a forked child and gives its exit code: 0 where it returned, 98 where it threw, what it said to
/// _exit otherwise.
inline int exit_code_of(const std::function<void()>& body) {
  const pid_t child = ::fork();
  must(child >= 0, "cannot fork");
  if (child == 0) {
    try {
      body();
    } catch (const std::exception&) {
      ::_exit(98);
    }
    ::_exit(0);
  }
  int status = 0;
  must(::waitpid(child, &status, 0) == child, "cannot wait");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace larder::test
