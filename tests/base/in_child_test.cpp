#include "base/in_child.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/pipe.hpp"
#include "support/files.hpp"
#include "support/must.hpp"

namespace larder {
namespace {

using namespace test;

TEST(InChild, RunsElsewhere) {
  const pid_t parent = ::getpid();
  int value = 1;
  must(in_child([&]() -> Status {
    value = 2;
    if (::getpid() == parent) return fail(ErrorCode::usage, "not a child");
    return {};
  }));
  EXPECT_EQ(value, 1);
}

TEST(InChild, BringsAnErrorBackWhole) {
  const Error sent{ErrorCode::damage, "what\nfailed", "", "do this", ENOSPC};
  const Status done = in_child([&]() -> Status { return fail(sent); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, sent.code);
  EXPECT_EQ(done.error().message, sent.message);
  EXPECT_EQ(done.error().cause, sent.cause);
  EXPECT_EQ(done.error().hint, sent.hint);
  EXPECT_EQ(done.error().sys_errno, sent.sys_errno);
}

TEST(InChild, BringsALongErrorBack) {
  const std::string cause(300'000, 'x');
  const Status done = in_child([&]() -> Status { return fail(ErrorCode::usage, "long", cause); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().cause, cause);
}

TEST(InChild, AChildThatIsKilledIsAnError) {
  const Status killed = in_child([]() -> Status {
    ::raise(SIGKILL);
    return {};
  });
  ASSERT_FALSE(killed);
  EXPECT_EQ(killed.error().code, ErrorCode::environment);
  EXPECT_FALSE(in_child([]() -> Status { ::_exit(3); }));
}

TEST(InChild, AnErrorThatIsCutOffIsAnErrorToo) {
  Pipe pipe = must(make_pipe());
  must(::write(pipe.write.get(), "3\0", 2) == 2, "cannot write");
  pipe.write.reset();
  EXPECT_FALSE(receive_error(pipe.read.get()));
}

TEST(InChild, LeaksNoDescriptor) {
  const int before = open_fds();
  for (int i = 0; i < 5; ++i) (void)in_child([]() -> Status { return {}; });
  EXPECT_EQ(open_fds(), before);
}

TEST(InChild, SilenceIsSuccess) {
  Pipe pipe = must(make_pipe());
  pipe.write.reset();
  EXPECT_TRUE(receive_error(pipe.read.get()));
}

}  // namespace
}  // namespace larder
