#pragma once

#include <functional>
#include <memory>

#include "base/clock.hpp"
#include "builds/watch/progress.hpp"

namespace larder::cli {

enum class Verbosity { quiet, normal, verbose };

/// What the views write to and how it looks; found out once, or set by a test.
struct Screen {
  int fd = 2;
  bool terminal = false;  ///< lines may be rewritten
  bool colour = false;    ///< never with NO_COLOR, a dumb terminal or a pipe
  unsigned columns = 80;
  unsigned rows = 24;
  bool unicode = true;  ///< the locale is UTF-8; else marks are ASCII, and a terminal gets nothing but ASCII
};

/// From isatty, the window's size and TERM, NO_COLOR, LC_ALL, LC_CTYPE and LANG. A live view follows later changes
/// of the window's size by itself.
Screen detect_screen(int fd);

/// Seconds that never go backwards.
using Clock = std::function<double()>;

/// On a terminal one live line per target (name, state, seconds, the last line of its output), rewritten in place;
/// with Verbosity::verbose all output scrolls above them. Elsewhere plain lines "x64      | text", whole at a time.
/// Quiet: nothing but waiting notes. Control characters in the output are never passed to the terminal, but for
/// colours where colours are allowed. After end() the live view's lines stay, with the cursor below them.
std::unique_ptr<builds::Progress> make_progress(const Screen& screen, Verbosity verbosity,
                                                Clock clock = monotonic_seconds);

}  // namespace larder::cli
