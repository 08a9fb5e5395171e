#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace larder::builds {

enum class ArtifactKind {
  program,
  shared_library,
  static_library,
  debug_info,  ///< of another result, beside it
  link,        ///< a symbolic link to another result
  file         ///< anything else
};

/// One result of a build on the host.
struct Artifact {
  std::string path;         ///< absolute, below target/<triple>/<profile>/
  std::string description;  ///< "ELF x86_64, static" or "ELF aarch64, needs GLIBC 2.34"
  uint64_t size_bytes = 0;  ///< of a link: of what it leads to, as the content
  std::string sha256 = {};  ///< of its content
  ArtifactKind kind = ArtifactKind::program;
  std::string link = {};  ///< of a link: its text

  bool operator==(const Artifact&) const = default;
};

/// The kind in JSON: "program", "shared_library", and so on.
const char* to_string(ArtifactKind kind);

enum class TargetOutcome { success, failed, interrupted, skipped };

/// How one target ended.
struct TargetResult {
  std::string target;
  std::string triple;
  TargetOutcome outcome = TargetOutcome::skipped;
  double seconds = 0;          ///< from its start to its end, without waiting
  int exit_code = 0;           ///< of the build tool
  bool cache_changed = false;  ///< a new generation was committed
  bool unchanged = false;      ///< the tool was not started: all is as the last good build has left it
  std::string log_path;
  std::vector<std::string> last_lines;  ///< of the log, for a failure
  std::vector<Artifact> artifacts;
  std::vector<std::string> notes;  ///< "cargo-cache-x64: empty, starts from nothing"
  std::string hint;                ///< what to do, where the log tells
  std::optional<Error> error;      ///< why it failed where the tool's exit code is not the reason
};

/// The events of a running build, for whoever shows them. All calls come from one thread. Names are targets' short
/// names, or "fetch".
class Progress {
 public:
  virtual ~Progress() = default;
  /// The first event: what will run, in order. "fetch" is among the names when there is a fetch phase.
  virtual void begin(const std::vector<std::string>& names) = 0;
  /// A target waits for others: "for process 4711 (larder build x64 in /home/ann/app)".
  virtual void waiting(const std::string& name, const std::string& reason) = 0;
  /// A target waits for its turn among the targets of this build.
  virtual void queued(const std::string& name) { waiting(name, "for a free core"); }
  virtual void started(const std::string& name) = 0;
  /// One line of a target's output, without the newline; any bytes.
  virtual void line(const std::string& name, const std::string& text) = 0;
  /// A remark of Larder's own about a target.
  virtual void note(const std::string& name, const std::string& text) = 0;
  virtual void finished(const std::string& name, TargetOutcome outcome, double seconds) = 0;
  /// A call about ten times a second, for clocks and spinners.
  virtual void tick() = 0;
  /// The last event; leaves the terminal clean.
  virtual void end() = 0;
};

}  // namespace larder::builds
