#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace larder {

/// Completed says how a program ended and what it wrote.
struct Completed {
  int exit_code = 0;  ///< 128 + n for signal n
  std::string output;
  std::string errors;
};

/// A Subprocess is a helper program in a session of its own (the terminal's Ctrl-C is not for it), with the caller's
/// environment. Its arguments are given as they are, without a shell. The destructor ends one that still
/// runs.
class Subprocess {
 public:
  enum class Output {
    captured,
    shown  ///< standard output goes to the caller's standard error; errors are captured and not shown
  };

  /// Starts the program `command[0]`, a path. `input`: what it reads as its standard input, in place of nothing.
  static Result<Subprocess> start(const std::vector<std::string>& command, Output output = Output::captured,
                                  int input = -1);

  Subprocess(Subprocess&& other) noexcept;
  Subprocess& operator=(Subprocess&&) = delete;
  ~Subprocess();

  /// Waits for the end. A program that takes longer than `seconds_max`, or writes more than 64 MiB, is ended and an
  /// ErrorCode::environment; likewise ErrorCode::interrupted once `stop`, which is asked again and again, says so.
  Result<Completed> finish(double seconds_max, const std::function<bool()>& stop = {});
  bool has_ended() const;

 private:
  Subprocess(std::string name, pid_t pid, UniqueFd output, UniqueFd errors)
      : name_(std::move(name)), pid_(pid), output_(std::move(output)), errors_(std::move(errors)) {}
  int reap();

  std::string name_;
  pid_t pid_;
  UniqueFd output_;
  UniqueFd errors_;
};

/// Runs a program to its end, as Subprocess does.
Result<Completed> run_program(const std::vector<std::string>& command, double seconds_max,
                              const std::function<bool()>& stop = {});

/// Gives the file that execvp(3) would execute for this name; empty when there is none.
std::string find_in_path(const std::string& program);

}  // namespace larder
