#include "builds/watch/signals.hpp"

#include <gtest/gtest.h>

#include "builds/support.hpp"
#include "support/child.hpp"

namespace larder::builds {
namespace {

bool is_readable(int fd) {
  pollfd poll_fd{fd, POLLIN, 0};
  return ::poll(&poll_fd, 1, 0) == 1;
}

TEST(Signals, AreReadInsteadOfEndingTheProcess) {
  Signals signals = must(Signals::block());
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    EXPECT_FALSE(is_readable(signals.fd()));
    ::raise(number);
    EXPECT_TRUE(is_readable(signals.fd()));
    EXPECT_EQ(signals.take(), 1);
  }
  EXPECT_EQ(signals.take(), 0);
}

TEST(Signals, OneThatTheCallerHasHadIgnoredStaysIgnored) {
  EXPECT_EQ(test::exit_code_of([] {
              ::signal(SIGHUP, SIG_IGN);
              Signals signals = must(Signals::block());
              ::raise(SIGHUP);
              const int ignored = signals.take();
              ::raise(SIGTERM);
              ::_exit(10 * ignored + signals.take());
            }),
            1);
}

TEST(Signals, SeveralAreCounted) {
  Signals signals = must(Signals::block());
  ::raise(SIGINT);
  ::raise(SIGTERM);
  EXPECT_EQ(signals.take(), 2);
}

TEST(Signals, OneThatNobodyTookIsForgottenAtTheEnd) {
  {
    const Signals signals = must(Signals::block());
    ::raise(SIGINT);
  }
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGINT), 0);
}

TEST(Signals, EndTheProcessAgainAfterwards) {
  EXPECT_EQ(test::exit_code_of([] {
              { const Signals signals = must(Signals::block()); }
              ::raise(SIGTERM);
            }),
            128 + SIGTERM);
}

TEST(Signals, AMovedFromOneChangesNothing) {
  Signals signals = must(Signals::block());
  { const Signals moved = std::move(signals); }
  sigset_t blocked;
  sigprocmask(SIG_SETMASK, nullptr, &blocked);
  EXPECT_EQ(sigismember(&blocked, SIGINT), 0);
}

TEST(Signals, TheDescriptorClosesAtExec) {
  const Signals signals = must(Signals::block());
  EXPECT_EQ(::fcntl(signals.fd(), F_GETFD), FD_CLOEXEC);
}

}  // namespace
}  // namespace larder::builds
