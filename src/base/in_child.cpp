#include "base/in_child.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/os.hpp"
#include "base/pipe.hpp"
#include "base/text.hpp"

namespace larder {
namespace {

constexpr char field_end = '\0';

}  // namespace

void send_error(int fd, const Error& error) {
  const std::string text = std::to_string(static_cast<int>(error.code)) + field_end + std::to_string(error.sys_errno) +
                           field_end + error.message + field_end + error.cause + field_end + error.hint;
  Os os;
  (void)os.write_all(fd, text);  // the other side then only knows that the child failed
}

Status receive_error(int fd) {
  Os os;
  std::string text;
  std::array<char, 4096> buffer{};
  while (true) {
    TRY_ASSIGN(const size_t count, os.read(fd, buffer.data(), buffer.size()));
    if (count == 0) break;
    text.append(buffer.data(), count);
  }
  if (text.empty()) return {};
  const auto fields = split(text, field_end);
  if (fields.size() != 5)
    return fail(ErrorCode::environment, "a child process ended unexpectedly", "its words: " + text);
  return fail(
      Error{static_cast<ErrorCode>(std::stoi(fields[0])), fields[2], fields[3], fields[4], std::stoi(fields[1])});
}

Status in_child(const std::function<Status()>& body) {
  TRY_ASSIGN(Pipe pipe, make_pipe());
  const pid_t child = ::fork();
  if (child < 0) return fail_sys(errno, "cannot fork");
  if (child == 0) {
    const Status done = body();
    if (!done) send_error(pipe.write.get(), done.error());
    ::_exit(done ? 0 : 1);
  }
  pipe.write.reset();
  const Status received = receive_error(pipe.read.get());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (received && status != 0) return fail(ErrorCode::environment, "a child process ended unexpectedly");
  return received;
}

}  // namespace larder
