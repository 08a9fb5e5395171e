#pragma once

#include <poll.h>

#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace larder::engine {

/// One direction of a relay: a pipe of ours, and a stream of the caller's at its other side.
class Channel {
 public:
  /// Carries what comes out of our end of a pipe to a stream of the caller's.
  static Channel from_pipe(UniqueFd pipe, int to) {
    const int from = pipe.get();
    return {std::move(pipe), from, to};
  }
  /// Carries what comes from a stream of the caller's into our end of a pipe, which ends where the stream does.
  static Channel into_pipe(int from, UniqueFd pipe) {
    const int to = pipe.get();
    return {std::move(pipe), from, to};
  }

  /// What to wait for; a negative descriptor where there is nothing any more.
  pollfd event() const;
  /// Does what `event` has waited for. Reading does not wait, nor does writing to a pipe.
  void copy();
  /// Carries all that is in the pipe now, and waits for the caller's stream to take it.
  void drain();
  void close() { pipe_.reset(); }

  bool has_carried() const { return !last_.empty(); }
  /// The end of what it has carried, some thousand bytes at most.
  const std::string& last() const { return last_; }

 private:
  Channel(UniqueFd pipe, int from, int to) : pipe_(std::move(pipe)), from_(from), to_(to) {}
  bool read_some();
  void write_some();

  UniqueFd pipe_;
  int from_;
  int to_;
  std::string pending_;
  std::string last_;
};

/// Carries a command's standard streams between the caller's and pipes that the engine's client has in their place. A
/// client that had the caller's own would hand them to the container, where files are given to the container's user,
/// and podman refuses terminals.
class Relay {
 public:
  /// The client's ends.
  struct Ends {
    UniqueFd input;
    UniqueFd output;
    UniqueFd errors;
  };
  static Result<Relay> open(Ends& theirs);

  std::vector<pollfd> events() const;
  /// Carries what there is; does not wait.
  void copy();
  /// Carries the rest, once nobody writes any more.
  void finish();

  bool has_carried_output() const { return output_.has_carried() || errors_.has_carried(); }
  /// The last lines that the command or the client has written to standard error.
  std::vector<std::string> last_errors() const;

 private:
  Relay(Channel input, Channel output, Channel errors)
      : input_(std::move(input)), output_(std::move(output)), errors_(std::move(errors)) {}

  Channel input_;
  Channel output_;
  Channel errors_;
};

}  // namespace larder::engine
