#include "base/file_lock.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/pipe.hpp"
#include "support/child.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

namespace larder {
namespace {

using namespace test;

bool free_for(const TempDir& dir, LockMode mode) {
  Os os;
  return must(FileLock::try_acquire(os, dir.fd(), "lock", mode)).has_value();
}

TEST(FileLock, ExclusiveKeepsEverybodyOut) {
  const TempDir dir;
  Os os;
  {
    const FileLock lock = must(FileLock::acquire(os, dir.fd(), "lock", LockMode::exclusive));
    EXPECT_FALSE(free_for(dir, LockMode::shared));
    EXPECT_FALSE(free_for(dir, LockMode::exclusive));
  }
  EXPECT_TRUE(free_for(dir, LockMode::exclusive));
}

TEST(FileLock, SharedKeepsOnlyExclusiveOut) {
  const TempDir dir;
  Os os;
  const FileLock lock = must(FileLock::acquire(os, dir.fd(), "lock", LockMode::shared));
  EXPECT_TRUE(free_for(dir, LockMode::shared));
  EXPECT_FALSE(free_for(dir, LockMode::exclusive));
}

TEST(FileLock, EndsWithItsProcess) {
  const TempDir dir;
  const int code = exit_code_of([&] {
    Os os;
    const FileLock lock = must(FileLock::acquire(os, dir.fd(), "lock", LockMode::exclusive));
    ::_exit(free_for(dir, LockMode::shared) ? 1 : 7);
  });
  EXPECT_EQ(code, 7);
  EXPECT_TRUE(free_for(dir, LockMode::exclusive));
}

TEST(FileLock, WaitsForTheHolder) {
  const TempDir dir;
  Os os;
  Pipe pipe = must(make_pipe());
  auto lock = std::optional(must(FileLock::acquire(os, dir.fd(), "lock", LockMode::exclusive)));
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    lock.reset();  // only this process's copy; the parent's keeps the lock
    (void)::write(pipe.write.get(), "?", 1);
    Os own;
    const auto got = FileLock::acquire(own, dir.fd(), "lock", LockMode::exclusive);
    ::_exit(got && !exists(dir.fd(), "held") ? 0 : 1);
  }
  put_file(dir.fd(), "held", "");
  char byte = 0;
  EXPECT_EQ(::read(pipe.read.get(), &byte, 1), 1);
  must(os.unlink(dir.fd(), "held"));
  lock.reset();
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(FileLock, FollowsNoSymbolicLink) {
  const TempDir dir;
  Os os;
  put_link(dir.fd(), "lock", "elsewhere");
  EXPECT_FALSE(FileLock::acquire(os, dir.fd(), "lock", LockMode::shared));
  EXPECT_FALSE(exists(dir.fd(), "elsewhere"));
}

TEST(FileLock, SaysWhatFails) {
  const TempDir dir;
  Os os;
  const auto missing = FileLock::try_acquire(os, dir.fd(), "no/lock", LockMode::shared);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "cannot open no/lock");
}

}  // namespace
}  // namespace larder
