#include "engine/stdio.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/pipe.hpp"

namespace larder::engine {
namespace {

Result<Output> open_terminal() {
  UniqueFd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!master || ::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0)
    return fail_sys(errno, "cannot create a pseudo-terminal");
  UniqueFd slave(::ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave) return fail_sys(errno, "cannot open the pseudo-terminal");
  return Output{std::move(master), std::move(slave)};
}

}  // namespace

Result<Output> open_output(Stdio stdio) {
  if (stdio == Stdio::inherited) return Output{};
  if (stdio == Stdio::terminal) return open_terminal();
  TRY_ASSIGN(Pipe pipe, make_pipe());
  return Output{std::move(pipe.read), std::move(pipe.write)};
}

Status redirect(Stdio stdio, const UniqueFd& theirs) {
  if (stdio == Stdio::inherited) return {};
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int input = stdio == Stdio::terminal ? theirs.get() : null.get();
  if (::dup2(input, 0) < 0 || ::dup2(theirs.get(), 1) < 0 || ::dup2(theirs.get(), 2) < 0)
    return fail_sys(errno, "cannot redirect the sandbox's output");
  return {};
}

void restore_signals() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD, SIGWINCH}) ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace larder::engine
