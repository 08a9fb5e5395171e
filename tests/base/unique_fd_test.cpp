#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "support/files.hpp"

namespace larder {
namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

UniqueFd open_null() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

TEST(UniqueFd, ClosesAtTheEnd) {
  int number = -1;
  {
    const UniqueFd fd = open_null();
    number = fd.get();
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(UniqueFd, MovesItsOwnership) {
  UniqueFd first = open_null();
  const int number = first.get();
  UniqueFd second(std::move(first));
  EXPECT_FALSE(first);  // NOLINT: a moved-from one is empty, which is what is tested
  EXPECT_EQ(second.get(), number);
  UniqueFd third = open_null();
  const int replaced = third.get();
  third = std::move(second);
  EXPECT_FALSE(is_open(replaced));
  EXPECT_EQ(third.get(), number);
}

TEST(UniqueFd, AssignedToItselfItStaysOpen) {
  UniqueFd fd = open_null();
  UniqueFd& same = fd;
  fd = std::move(same);
  EXPECT_TRUE(is_open(fd.get()));
}

TEST(UniqueFd, ReleaseGivesItAway) {
  UniqueFd fd = open_null();
  const UniqueFd other(fd.release());
  EXPECT_FALSE(fd);
  EXPECT_TRUE(is_open(other.get()));
}

}  // namespace
}  // namespace larder
