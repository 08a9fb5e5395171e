#include "base/background.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "base/pipe.hpp"
#include "support/must.hpp"

namespace larder {
namespace {

using test::must;

std::string read_all(int fd) {
  std::string text;
  char byte = 0;
  while (::read(fd, &byte, 1) == 1) text += byte;
  return text;
}

TEST(Background, WorksInAnotherSessionWithWhatIsKeptAlone) {
  Pipe told = must(make_pipe());
  Pipe other = must(make_pipe());
  const pid_t session = ::getsid(0);
  must(in_background({told.write.get()}, [&] {
    const bool apart = ::getsid(0) != session && ::getppid() != 0;
    const bool alone = ::fcntl(other.write.get(), F_GETFD) < 0 && ::fcntl(other.read.get(), F_GETFD) < 0;
    const std::string text = std::string(apart ? "apart" : "beside") + (alone ? ", alone" : ", with others");
    (void)!::write(told.write.get(), text.data(), text.size());
  }));
  told.write.reset();
  EXPECT_EQ(read_all(told.read.get()), "apart, alone");
}

TEST(Background, IsNotWaitedFor) {
  Pipe gate = must(make_pipe());
  Pipe told = must(make_pipe());
  must(in_background({gate.read.get(), told.write.get()}, [&] {
    read_all(gate.read.get());
    (void)!::write(told.write.get(), "done", 4);
  }));
  told.write.reset();
  gate.write.reset();  // only now can it end
  EXPECT_EQ(read_all(told.read.get()), "done");
}

}  // namespace
}  // namespace larder
