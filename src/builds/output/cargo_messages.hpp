#pragma once

#include <set>
#include <string>
#include <string_view>

namespace larder::builds {

/// Reads the messages that cargo writes for programs, a line of JSON each (cargo reference: "External tools"), out of
/// its output, and keeps the names of the files that are results: programs, libraries for other languages, examples,
/// and tests and benchmarks that cargo was asked for, each with the debug files beside it. What is made for the build
/// itself (build scripts, macros, libraries for Rust) is none. The lines are untrusted: a macro can write what it
/// likes.
class CargoMessages {
 public:
  /// The longest message that is read; one artifact with two thousand features has half of that.
  static constexpr size_t line_bytes_max = size_t{1} << 20;

  /// How every message begins.
  static bool may_be(std::string_view line) { return line.starts_with("{\"reason\":\""); }

  /// Takes a line of the output; gives whether it is a message.
  bool take(const std::string& line);

  /// Absolute paths in the sandbox, of plain characters and without `.` and `..`.
  const std::set<std::string>& files() const { return files_; }
  /// Whether there was any message: else it was not cargo that ran.
  bool any() const { return any_; }

 private:
  std::set<std::string> files_;
  bool any_ = false;
};

}  // namespace larder::builds
