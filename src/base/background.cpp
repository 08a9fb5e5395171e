#include "base/background.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/close_files.hpp"

namespace larder {

Status in_background(std::vector<int> kept, const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child < 0) return fail_sys(errno, "cannot fork");
  if (child == 0) {
    ::setsid();
    if (::fork() != 0) ::_exit(0);  // so that nobody has to wait for it
    leave_standard_streams();
    close_all_but(std::move(kept));
    work();
    ::_exit(0);
  }
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return {};
}

}  // namespace larder
