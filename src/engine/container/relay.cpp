#include "engine/container/relay.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

#include "base/os.hpp"
#include "base/pipe.hpp"
#include "base/text.hpp"

namespace larder::engine {
namespace {

constexpr size_t last_bytes_max = 8192;

bool must_wait() { return errno == EINTR || errno == EAGAIN; }

/// A pipe of which our end does not block.
Result<Pipe> make_half_blocking_pipe(UniqueFd Pipe::*ours) {
  TRY_ASSIGN(Pipe pipe, make_pipe());
  if (::fcntl((pipe.*ours).get(), F_SETFL, O_NONBLOCK) != 0) return fail_sys(errno, "cannot set up a pipe");
  return pipe;
}

}  // namespace

pollfd Channel::event() const {
  if (!pipe_) return {-1, 0, 0};
  return pending_.empty() ? pollfd{from_, POLLIN, 0} : pollfd{to_, POLLOUT, 0};
}

void Channel::copy() {
  pollfd ready = event();
  if (ready.fd < 0 || ::poll(&ready, 1, 0) != 1) return;
  if (pending_.empty())
    (void)read_some();
  else
    write_some();
}

/// False where there is nothing now.
bool Channel::read_some() {
  std::array<char, 65536> buffer{};
  const ssize_t count = ::read(from_, buffer.data(), buffer.size());
  if (count < 0 && must_wait()) return false;
  if (count <= 0) {
    close();
    return false;
  }
  pending_.assign(buffer.data(), static_cast<size_t>(count));
  last_ += pending_;
  if (last_.size() > last_bytes_max) last_.erase(0, last_.size() - last_bytes_max);
  return true;
}

/// So much at once as a pipe that poll(2) calls ready takes without waiting. Where nobody reads any more, our end is
/// closed: then the writer hears of it.
void Channel::write_some() {
  const ssize_t count = ::write(to_, pending_.data(), std::min<size_t>(pending_.size(), PIPE_BUF));
  if (count < 0 && must_wait()) return;
  if (count < 0) {
    pending_.clear();
    return close();
  }
  pending_.erase(0, static_cast<size_t>(count));
}

void Channel::drain() {
  Os os;
  while (pipe_ && (!pending_.empty() || read_some())) {
    const bool taken = os.write_all(to_, pending_).has_value();
    pending_.clear();
    if (!taken) close();
  }
}

Result<Relay> Relay::open(Ends& theirs) {
  TRY_ASSIGN(Pipe input, make_half_blocking_pipe(&Pipe::write));
  TRY_ASSIGN(Pipe output, make_half_blocking_pipe(&Pipe::read));
  TRY_ASSIGN(Pipe errors, make_half_blocking_pipe(&Pipe::read));
  theirs = {std::move(input.read), std::move(output.write), std::move(errors.write)};
  return Relay(Channel::into_pipe(STDIN_FILENO, std::move(input.write)),
               Channel::from_pipe(std::move(output.read), STDOUT_FILENO),
               Channel::from_pipe(std::move(errors.read), STDERR_FILENO));
}

std::vector<pollfd> Relay::events() const { return {input_.event(), output_.event(), errors_.event()}; }

void Relay::copy() {
  input_.copy();
  output_.copy();
  errors_.copy();
}

void Relay::finish() {
  input_.close();
  output_.drain();
  errors_.drain();
}

std::vector<std::string> Relay::last_errors() const { return split(trim(errors_.last()), '\n'); }

}  // namespace larder::engine
