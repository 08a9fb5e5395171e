#include "cli/terminal_proxy.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/os.hpp"
#include "base/text.hpp"
#include "builds/watch/signals.hpp"
#include "cli/output.hpp"

namespace larder::cli {
namespace {

constexpr size_t last_bytes_max = 8192;

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

/// False at the end of the input. What was passed is added to the end of `last`, which keeps some thousand bytes.
bool pass(int from, int to, std::string& last) {
  Os os;
  std::array<char, 16384> buffer{};
  const ssize_t count = ::read(from, buffer.data(), buffer.size());
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (count <= 0) return false;  // EIO is how a pseudo-terminal says that nobody is left
  const std::string_view text(buffer.data(), static_cast<size_t>(count));
  last += text;
  if (last.size() > last_bytes_max) last.erase(0, last.size() - last_bytes_max);
  return os.write_all(to, text).has_value();
}

/// What is left to do when nobody has the terminal any more.
Result<engine::Ending> finish_terminal(engine::Process& process, std::string shown) {
  if (shown.empty()) {
    Os os;
    shown = process.unseen_output();
    (void)os.write_all(STDOUT_FILENO, shown);  // a terminal that has gone needs nothing
  }
  TRY_ASSIGN(engine::Ending ending, process.wait());
  ending.last_errors = split(trim(shown), '\n');
  return ending;
}

}  // namespace

Result<engine::Ending> proxy_terminal(engine::Process& process) {
  const RawMode raw;
  const int master = process.output();
  bool input_open = true;
  std::string shown;
  std::string typed;
  while (true) {
    copy_window_size(master);
    std::array<pollfd, 2> fds = {pollfd{master, POLLIN, 0}, pollfd{input_open ? STDIN_FILENO : -1, POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), 250) < 0 && errno != EINTR)
      return fail_sys(errno, "cannot wait for the terminal");
    if (fds[0].revents != 0 && !pass(master, STDOUT_FILENO, shown)) return finish_terminal(process, std::move(shown));
    if (fds[1].revents != 0) input_open = pass(STDIN_FILENO, master, typed);
  }
}

Result<engine::Ending> wait_inherited(engine::Process& process) {
  TRY_ASSIGN(builds::Signals signals, builds::Signals::block());
  int seen = 0;
  while (true) {
    std::vector<pollfd> fds = {pollfd{process.end_fd(), POLLIN, 0}, pollfd{signals.fd(), POLLIN, 0}};
    for (const pollfd& event : process.stream_events()) fds.push_back(event);
    if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return fail_sys(errno, "cannot wait for the command");
    process.copy_streams();
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
  auto refused = engine.refusal(ending, ending.last_errors);
  const bool is_missing = ending.exit_code == engine::program_not_found;  // as shells and env(1) say it
  if (refused && refused->code == ErrorCode::environment && !is_missing) return fail(std::move(*refused));
  if (refused) print_error(*refused);
  return ending.exit_code;
}

}  // namespace larder::cli
