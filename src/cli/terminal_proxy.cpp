#include "cli/terminal_proxy.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>

#include "base/os.hpp"
#include "builds/watch/signals.hpp"

namespace larder::cli {
namespace {

class RawMode {
 public:
  RawMode() {
    if (::tcgetattr(STDIN_FILENO, &saved_) != 0) return;
    termios raw = saved_;
    ::cfmakeraw(&raw);
    active_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
  }
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;
  ~RawMode() {
    if (active_) ::tcsetattr(STDIN_FILENO, TCSANOW, &saved_);
  }

 private:
  termios saved_{};
  bool active_ = false;
};

void copy_window_size(int to) {
  winsize now{};
  winsize there{};
  if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &now) != 0 || ::ioctl(to, TIOCGWINSZ, &there) != 0) return;
  if (now.ws_row != there.ws_row || now.ws_col != there.ws_col) (void)::ioctl(to, TIOCSWINSZ, &now);
}

/// False at the end of the input.
bool pass(int from, int to) {
  Os os;
  std::array<char, 16384> buffer{};
  const ssize_t count = ::read(from, buffer.data(), buffer.size());
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (count <= 0) return false;  // EIO is how a pseudo-terminal says that nobody is left
  return os.write_all(to, {buffer.data(), static_cast<size_t>(count)}).has_value();
}

}  // namespace

Result<engine::Ending> proxy_terminal(engine::Process& process) {
  const RawMode raw;
  const int master = process.output();
  bool input_open = true;
  while (true) {
    copy_window_size(master);
    std::array<pollfd, 2> fds = {pollfd{master, POLLIN, 0}, pollfd{input_open ? STDIN_FILENO : -1, POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), 250) < 0 && errno != EINTR)
      return fail_sys(errno, "cannot wait for the terminal");
    if (fds[0].revents != 0 && !pass(master, STDOUT_FILENO)) return process.wait();
    if (fds[1].revents != 0) input_open = pass(STDIN_FILENO, master);
  }
}

Result<engine::Ending> wait_inherited(engine::Process& process) {
  TRY_ASSIGN(builds::Signals signals, builds::Signals::block());
  int seen = 0;
  while (true) {
    std::array<pollfd, 2> fds = {pollfd{process.end_fd(), POLLIN, 0}, pollfd{signals.fd(), POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return fail_sys(errno, "cannot wait for the command");
    if (fds[0].revents != 0) return process.wait();
    const int count = signals.take();
    seen += count;
    if (count > 0 && seen == 1) process.interrupt();
    if (count > 0 && seen > 1) process.kill();
  }
}

Result<int> run_for_caller(engine::Engine& engine, engine::Spec spec) {
  const bool interactive = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  spec.stdio = interactive ? engine::Stdio::terminal : engine::Stdio::inherited;
  if (const char* terminal = std::getenv("TERM"); terminal != nullptr && interactive) spec.env["TERM"] = terminal;
  TRY_ASSIGN(const auto process, engine.start(spec));
  TRY_ASSIGN(const engine::Ending ending, interactive ? proxy_terminal(*process) : wait_inherited(*process));
  if (ending.started) return ending.exit_code;
  return fail(ErrorCode::environment, "the sandbox could not be started", {}, "see `larder doctor`");
}

}  // namespace larder::cli
