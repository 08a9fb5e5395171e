#pragma once

#include <sys/types.h>

#include <functional>
#include <utility>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace larder::engine {

/// A forked process that an engine has made into a program: its output, a descriptor that tells of its end, and its
/// exit status. Its owner waits for it; the destructor does not.
class Child {
 public:
  /// Forks. The child runs `become`, which executes a program and returns only where it could not: its error is then
  /// the result here. `output` is this side's end of the child's output; none where the child's is inherited.
  static Result<Child> start(const std::function<Status()>& become, UniqueFd output);

  Child(Child&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), output_(std::move(other.output_)), end_(std::move(other.end_)) {}
  Child& operator=(Child&&) = delete;

  int output() const { return output_.get(); }
  /// Readable (end of file) once the child has ended; for poll(2).
  int end_fd() const { return end_.get(); }

  bool is_waited_for() const { return pid_ <= 0; }
  bool is_running() const;
  /// Sends the signal to the child alone.
  void signal(int number) const;
  /// Sends the signal to all processes of the session that the child has begun.
  void signal_session(int number) const;
  /// Waits for the end; the status is as waitpid(2) gives it.
  Result<int> wait();

 private:
  Child(pid_t pid, UniqueFd output) : pid_(pid), output_(std::move(output)) {}
  Status watch_end();

  pid_t pid_;
  UniqueFd output_;
  UniqueFd end_;
};

}  // namespace larder::engine
