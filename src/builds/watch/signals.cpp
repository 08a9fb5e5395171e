#include "builds/watch/signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

namespace larder::builds {
namespace {

bool is_ignored(int number) {
  struct sigaction action {};
  return ::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

sigset_t handled() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP})
    if (!is_ignored(number)) sigaddset(&set, number);
  return set;
}

}  // namespace

Result<Signals> Signals::block() {
  const sigset_t set = handled();
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return fail_sys(errno, "cannot block signals");
  UniqueFd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return fail_sys(errno, "cannot watch signals");
  return Signals(std::move(fd), set);
}

Signals::~Signals() {
  if (!fd_) return;
  take();  // one that came during clean-up has been obeyed
  ::sigprocmask(SIG_UNBLOCK, &set_, nullptr);
}

int Signals::take() {
  int count = 0;
  signalfd_siginfo info{};
  while (::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) ++count;
  return count;
}

}  // namespace larder::builds
