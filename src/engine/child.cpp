#include "engine/child.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/in_child.hpp"
#include "base/pipe.hpp"

namespace larder::engine {

Result<Child> Child::start(const std::function<Status()>& become, UniqueFd output) {
  TRY_ASSIGN(Pipe failure, make_pipe());  // closes at exec, so silence means success
  const pid_t pid = ::fork();
  if (pid < 0) return fail_sys(errno, "cannot fork");
  if (pid == 0) {
    const Status failed = become();
    send_error(failure.write.get(), failed.error());
    ::_exit(1);
  }
  failure.write.reset();
  Child child(pid, std::move(output));
  Status started = child.watch_end();
  if (started) started = receive_error(failure.read.get());
  if (started) return child;
  child.signal(SIGKILL);
  (void)child.wait();  // the first error is the one to report
  return fail(std::move(started.error()));
}

Status Child::watch_end() {
  const long fd = ::syscall(SYS_pidfd_open, pid_, 0);
  if (fd < 0) return fail_sys(errno, "cannot watch the process that was started");
  end_.reset(static_cast<int>(fd));
  return {};
}

bool Child::is_running() const {
  pollfd poll_fd{end_.get(), POLLIN, 0};
  return !is_waited_for() && ::poll(&poll_fd, 1, 0) == 0;
}

void Child::signal(int number) const {
  if (!is_waited_for()) (void)::kill(pid_, number);
}

void Child::signal_session(int number) const {
  if (!is_waited_for()) (void)::kill(-pid_, number);
}

Result<int> Child::wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) return fail_sys(errno, "cannot wait for the process that was started");
  }
  pid_ = -1;
  return status;
}

}  // namespace larder::engine
