#include "builds/watch/supervisor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/time.hpp"

namespace larder::builds {
namespace {

constexpr int step_milliseconds = 100;
constexpr double grace_seconds = 5;
constexpr size_t last_lines_max = 20;
constexpr size_t shown_bytes_max = 64 * 1024;  ///< a longer line is shown in pieces

bool has_ended(int pidfd) {
  pollfd poll_fd{pidfd, POLLIN, 0};
  return ::poll(&poll_fd, 1, 0) == 1;
}

}  // namespace

void Supervisor::add(const std::string& name, std::unique_ptr<engine::Process> process, Log log,
                     MessageFilter messages) {
  (void)::fcntl(process->output(), F_SETFL, O_NONBLOCK);
  running_.push_back(
      {name, std::move(process), std::move(log), std::move(messages), steady_seconds(), {}, {}, false, false});
  if (signals_seen_ > 0) {  // it came while this one was being started
    running_.back().interrupted = true;
    running_.back().process->interrupt();
  }
}

Status Supervisor::wait_for_events() {
  std::vector<pollfd> fds = {{signals_.fd(), POLLIN, 0}};
  for (const Running& running : running_) {
    fds.push_back({running.process->output(), POLLIN, 0});
    fds.push_back({running.process->end_fd(), POLLIN, 0});
  }
  if (::poll(fds.data(), fds.size(), step_milliseconds) < 0 && errno != EINTR)
    return fail_sys(errno, "cannot wait for the build");
  return {};
}

Result<std::vector<Ended>> Supervisor::step() {
  TRY(wait_for_events());
  handle_signals();
  kill_overdue();
  std::vector<Ended> all;
  for (Running& running : running_) {
    const bool over = has_ended(running.process->end_fd());  // asked before reading: what it wrote is then all there
    read_output(running);
    if (!over) continue;
    TRY_ASSIGN(Ended ended, finish(running));
    all.push_back(std::move(ended));
    running.process.reset();
  }
  running_.remove_if([](const Running& running) { return !running.process; });
  progress_.tick();
  return all;
}

void Supervisor::handle_signals() {
  const int count = signals_.take();
  if (count == 0) return;
  if (signals_seen_ == 0) first_signal_ = steady_seconds();
  signals_seen_ += count;
  for (Running& running : running_) {
    running.interrupted = true;
    running.process->interrupt();
  }
}

void Supervisor::kill_overdue() {
  const bool overdue = signals_seen_ > 1 || (signals_seen_ == 1 && steady_seconds() - first_signal_ > grace_seconds);
  if (!overdue) return;
  for (Running& running : running_) {
    running.killed = true;
    running.process->kill();
  }
}

void Supervisor::read_output(Running& running) {
  std::array<char, 65536> buffer{};
  for (int round = 0; round < 64; ++round) {  // a flood from one target must not starve the others
    const ssize_t count = ::read(running.process->output(), buffer.data(), buffer.size());
    if (count <= 0) return;
    take_text(running, {buffer.data(), static_cast<size_t>(count)});
  }
}

void Supervisor::take_text(Running& running, std::string_view text) {
  if (!running.messages.take) running.log.write(text);
  running.partial += text;
  size_t start = 0;
  for (size_t end = 0; (end = running.partial.find('\n', start)) != std::string::npos; start = end + 1)
    take_line(running, running.partial.substr(start, end - start), "\n");
  running.partial.erase(0, start);
  if (running.partial.size() < line_bytes_max(running)) return;
  take_line(running, running.partial, "");
  running.partial.clear();
}

size_t Supervisor::line_bytes_max(const Running& running) {
  const bool may_be_message = running.messages.may_be && running.messages.may_be(running.partial);
  return may_be_message ? running.messages.line_bytes_max : shown_bytes_max;
}

void Supervisor::take_line(Running& running, const std::string& line, std::string_view end) {
  if (running.messages.take) {
    if (running.messages.take(line)) return;
    running.log.write(line + std::string(end));
  }
  running.last_lines.push_back(line);
  if (running.last_lines.size() > last_lines_max) running.last_lines.pop_front();
  progress_.line(running.name, line);
}

Result<Ended> Supervisor::finish(Running& running) {
  if (running.last_lines.empty() && running.partial.empty()) take_text(running, running.process->unseen_output());
  if (!running.partial.empty()) take_line(running, running.partial, "");
  TRY_ASSIGN(const engine::Ending ending, running.process->wait());
  return Ended{running.name,
               ending,
               running.interrupted,
               running.killed,
               steady_seconds() - running.start,
               {running.last_lines.begin(), running.last_lines.end()}};
}

}  // namespace larder::builds
