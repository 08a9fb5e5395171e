#include "cli/output.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <thread>

#include "base/pipe.hpp"
#include "support/child.hpp"

namespace larder::cli {
namespace {

using test::must;

/// What `body` writes to the descriptor, and its process's exit code.
std::pair<std::string, int> written_by(int fd, const std::function<void()>& body) {
  Pipe pipe = must(make_pipe());
  const int code = test::exit_code_of([&] {
    ::dup2(pipe.write.get(), fd);
    body();
  });
  pipe.write.reset();
  std::string text;
  char c = 0;
  while (::read(pipe.read.get(), &c, 1) == 1) text += c;
  return {text, code};
}

std::string told(const Error& error) {
  return written_by(2, [&] { print_error(error); }).first;
}

TEST(PrintError, SaysWhatWhyAndWhatToDo) {
  EXPECT_EQ(told({ErrorCode::environment, "cannot do it", "because", "try again", 0}),
            "error: cannot do it\n  because\nhint: try again\n");
}

/// Names of files, images and tools come from whoever wrote the project.
TEST(PrintError, SendsNothingToTheTerminal) {
  const std::string evil = "a\033]52;c;ZXZpbA==\007\033[2Jb\u202e";
  EXPECT_EQ(told({ErrorCode::usage, evil, evil + "\n  " + evil, evil, 0}), "error: ab\n  ab\n  ab\nhint: ab\n");
}

TEST(PrintError, LeavesOutWhatThereIsNot) {
  EXPECT_EQ(told({ErrorCode::usage, "cannot do it", "", "", 0}), "error: cannot do it\n");
  EXPECT_EQ(told({ErrorCode::usage, "cannot do it", "", "try again", 0}), "error: cannot do it\nhint: try again\n");
}

TEST(Print, WritesAllOfIt) {
  const std::string text(50000, 'x');
  const auto written = written_by(1, [&] { print(text); });
  EXPECT_EQ(written.first, text);
  EXPECT_EQ(written.second, 0);
}

TEST(Print, AReaderThatHasGoneChangesNothing) {
  const auto [errors, code] = written_by(2, [] {
    ::signal(SIGPIPE, SIG_IGN);
    Pipe pipe = must(make_pipe());
    pipe.read.reset();
    ::dup2(pipe.write.get(), 1);
    print("text\n");
    ::_exit(code_with_output(0) == 0 ? code_with_output(1) : 7);
  });
  EXPECT_EQ(errors, "");
  EXPECT_EQ(code, 1);
}

TEST(Print, ToAFullDiskIsTheMachinesFault) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "there is no /dev/full";
  const auto [errors, code] = written_by(2, [] {
    ::dup2(::open("/dev/full", O_WRONLY | O_CLOEXEC), 1);
    print("text\n");
    print("and more\n");
    ::_exit(code_with_output(1) == 1 ? code_with_output(0) : 7);
  });
  EXPECT_EQ(errors,
            "error: the output cannot be written\n  No space left on device\n"
            "hint: make room where it goes to, or send it elsewhere\n");
  EXPECT_EQ(code, 3);
}

TEST(Print, WaitsForASlowReader) {
  Pipe pipe = must(make_pipe());
  size_t count = 0;
  std::thread reader([&] {
    char text[1000];
    for (ssize_t got = 0; count < 200'000 && (got = ::read(pipe.read.get(), text, sizeof text)) > 0;)
      count += static_cast<size_t>(got);
  });
  EXPECT_EQ(test::exit_code_of([&] {
              ::dup2(pipe.write.get(), 1);
              ::fcntl(1, F_SETFL, O_NONBLOCK);
              print(std::string(200'000, 'x'));
              ::_exit(code_with_output(0));
            }),
            0);
  pipe.write.reset();
  reader.join();
  EXPECT_EQ(count, 200'000U);
}

}  // namespace
}  // namespace larder::cli
