#pragma once

namespace larder::cli {

/// A place that a command writes text to, and what it can show; found out once, or set by a test.
struct Screen {
  int fd = 2;
  bool terminal = false;  ///< lines may be rewritten
  bool colour = false;    ///< never with NO_COLOR, a dumb terminal or a pipe
  unsigned columns = 80;
  unsigned rows = 24;
  bool unicode = true;  ///< the locale is UTF-8; else marks are ASCII, and a terminal gets nothing but ASCII
};

/// The screen behind a file descriptor, as found from isatty, the window's size, and TERM, NO_COLOR, LC_ALL, LC_CTYPE
/// and LANG of the environment. A live view follows later changes of the window's size by itself.
Screen detect_screen(int fd);

}  // namespace larder::cli
