#include "engine/child.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "support/must.hpp"

namespace larder::engine {
namespace {

using test::must;

Status run_shell(const char* script) {
  ::execl("/bin/sh", "sh", "-c", script, nullptr);
  return fail_sys(errno, "cannot execute sh");
}

TEST(Child, TellsOfItsEnd) {
  Child child = must(Child::start([] { return run_shell("exit 3"); }, {}));
  pollfd poll_fd{child.end_fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&poll_fd, 1, 10'000), 1);
  EXPECT_FALSE(child.is_running());
  EXPECT_FALSE(child.is_waited_for());
  const int status = must(child.wait());
  EXPECT_EQ(WEXITSTATUS(status), 3);
  EXPECT_TRUE(child.is_waited_for());
}

TEST(Child, CanBeEnded) {
  Child child = must(Child::start([] { return run_shell("exec sleep 60"); }, {}));
  EXPECT_TRUE(child.is_running());
  child.signal(SIGTERM);
  const int status = must(child.wait());
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
  child.signal(SIGTERM);  // nobody's number any more
}

TEST(Child, WhatItCouldNotBecomeIsTheError) {
  const auto child = Child::start([]() -> Status { return fail(ErrorCode::environment, "no such program"); }, {});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().message, "no such program");
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "it has been waited for";
}

}  // namespace
}  // namespace larder::engine
