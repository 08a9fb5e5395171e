#include "base/pipe.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "support/must.hpp"

namespace larder {
namespace {

using test::must;

TEST(Pipe, ClosesAtExec) {
  const Pipe pipe = must(make_pipe());
  for (const int fd : {pipe.read.get(), pipe.write.get()}) EXPECT_EQ(::fcntl(fd, F_GETFD), FD_CLOEXEC);
}

}  // namespace
}  // namespace larder
