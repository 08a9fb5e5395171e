#pragma once

#include <string>
#include <vector>

#include "builds/watch/progress.hpp"

namespace larder::cli {

/// The state of a target in the live view.
enum class LiveState { pending, waiting, running, finished };

/// What the live view knows about one target.
struct LiveRow {
  std::string name;
  LiveState state = LiveState::pending;
  std::string text;    ///< why it waits, or the last line of its output; clean
  double seconds = 0;  ///< when it started; once finished, how long it took
  builds::TargetOutcome outcome = builds::TargetOutcome::skipped;
};

/// How much room a frame of the live view has, and what the terminal can show.
struct FrameStyle {
  bool colour = false;
  bool unicode = true;
  size_t columns_max = 80;
  size_t lines_max = 24;  ///< where there are more rows, the more interesting ones are shown and the others counted
};

/// A line of a frame, with the columns that it takes.
struct FrameLine {
  std::string text;
  size_t columns = 0;

  bool operator==(const FrameLine&) const = default;
};

/// The lines that the live view shows at the time `now_seconds`.
std::vector<FrameLine> compose_frame(const std::vector<LiveRow>& rows, double now_seconds, const FrameStyle& style);

}  // namespace larder::cli
