#pragma once

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "builds/watch/log.hpp"
#include "builds/watch/progress.hpp"
#include "builds/watch/signals.hpp"
#include "engine/engine.hpp"

namespace larder::builds {

/// A sandbox that has ended.
struct Ended {
  std::string name;
  engine::Ending ending;
  bool interrupted = false;  ///< it was asked to stop
  bool killed = false;       ///< it had to be killed
  double seconds = 0;
  std::vector<std::string> last_lines;
};

/// What of an output is not for people: a tool's messages for programs, a line each.
struct MessageFilter {
  std::function<bool(std::string_view line)> may_be;  ///< by how the line begins
  std::function<bool(const std::string& line)> take;  ///< gives whether the line is one that is not to be shown
  size_t line_bytes_max = 0;                          ///< no message is longer
};

/// Runs sandboxes side by side in one thread: their output goes to their logs and to the progress, line by line. Ctrl-C
/// asks each sandbox to stop; one that has not ended five seconds later, or at the second Ctrl-C, is killed.
class Supervisor {
 public:
  Supervisor(Progress& progress, Signals& signals) : progress_(progress), signals_(signals) {}

  /// Lines that `messages`, where it is given, takes go neither to the log nor to the progress.
  void add(const std::string& name, std::unique_ptr<engine::Process> process, Log log, MessageFilter messages = {});
  bool idle() const { return running_.empty(); }
  bool interrupted() const { return signals_seen_ > 0; }
  /// The same, for work between the steps: takes what has come meanwhile.
  bool look_for_signals() {
    handle_signals();
    return interrupted();
  }

  /// Waits for something to happen, a tenth of a second at most, and gives the sandboxes that have ended.
  Result<std::vector<Ended>> step();

 private:
  struct Running {
    std::string name;
    std::unique_ptr<engine::Process> process;
    Log log;
    MessageFilter messages;
    double start = 0;
    std::string partial;  ///< a line that has not ended yet
    std::deque<std::string> last_lines;
    bool interrupted = false;
    bool killed = false;
  };

  Status wait_for_events();
  void handle_signals();
  void kill_overdue();
  void read_output(Running& running);
  void take_text(Running& running, std::string_view text);
  void take_line(Running& running, const std::string& line, std::string_view end);
  static size_t line_bytes_max(const Running& running);
  Result<Ended> finish(Running& running);

  Progress& progress_;
  Signals& signals_;
  std::list<Running> running_;
  int signals_seen_ = 0;
  double first_signal_ = 0;
};

}  // namespace larder::builds
