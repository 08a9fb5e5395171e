#pragma once

#include <string>
#include <vector>

#include "builds/watch/progress.hpp"

namespace larder::cli {

enum class LiveState { pending, waiting, running, finished };

/// What the live view knows of one target.
struct LiveRow {
  std::string name;
  LiveState state = LiveState::pending;
  std::string text;    ///< clean: why it waits, or the last line of its output
  double seconds = 0;  ///< when it started; once finished, how long it took
  builds::TargetOutcome outcome = builds::TargetOutcome::skipped;
};

struct FrameStyle {
  bool colour = false;
  bool unicode = true;
  size_t columns_max = 80;
  size_t lines_max = 24;  ///< of more rows, the more interesting ones are shown and the rest is counted
};

struct FrameLine {
  std::string text;
  size_t columns = 0;

  bool operator==(const FrameLine&) const = default;
};

/// The lines of the live view at this time; pure.
std::vector<FrameLine> compose_frame(const std::vector<LiveRow>& rows, double now_seconds, const FrameStyle& style);

}  // namespace larder::cli
