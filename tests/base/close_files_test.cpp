#include "base/close_files.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/child.hpp"

namespace larder {
namespace {

bool is_a_descriptor(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

TEST(CloseFiles, KeepsTheNamedAndTheStandardStreams) {
  EXPECT_EQ(test::exit_code_of([] {
              for (const int fd : {10, 11, 12, 200}) ::dup2(1, fd);
              close_all_but({200, 11, -1, 1});
              ::_exit(is_a_descriptor(0) && is_a_descriptor(1) && is_a_descriptor(2) && is_a_descriptor(11) &&
                              is_a_descriptor(200) && !is_a_descriptor(10) && !is_a_descriptor(12) &&
                              !is_a_descriptor(3)
                          ? 0
                          : 1);
            }),
            0);
}

TEST(CloseFiles, StandardStreamsThatAreMissingGoNowhere) {
  EXPECT_EQ(test::exit_code_of([] {
              ::close(0);
              ::close(1);
              open_missing_streams();
              const int next = ::open("/dev/null", O_RDONLY);
              char c = 0;
              ::_exit(::read(0, &c, 1) == 0 && ::write(1, "x", 1) == 1 && ::fcntl(1, F_GETFD) == 0 && next > 2 ? 0 : 1);
            }),
            0);
}

TEST(CloseFiles, StandardStreamsThatWereLeftGoNowhere) {
  EXPECT_EQ(test::exit_code_of([] {
              leave_standard_streams();
              char c = 0;
              ::_exit(::read(0, &c, 1) == 0 && ::write(1, "x", 1) == 1 && ::write(2, "x", 1) == 1 ? 0 : 1);
            }),
            0);
}

}  // namespace
}  // namespace larder
