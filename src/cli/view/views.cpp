#include "cli/view/views.hpp"

#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <utility>

#include "cli/view/live_view.hpp"
#include "cli/view/plain_view.hpp"

namespace larder::cli {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

/// The character set that the environment names, in the order of setlocale(3).
bool is_utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = variable(name);
    if (value.empty()) continue;
    const size_t dot = value.find('.');
    if (dot == std::string_view::npos) return false;
    const std::string charset(value.substr(dot + 1, value.find('@') - dot - 1));
    return ::strcasecmp(charset.c_str(), "UTF-8") == 0 || ::strcasecmp(charset.c_str(), "UTF8") == 0;
  }
  return false;
}

}  // namespace

Screen detect_screen(int fd) {
  Screen screen;
  screen.fd = fd;
  const std::string_view kind = variable("TERM");
  screen.terminal = ::isatty(fd) == 1 && !kind.empty() && kind != "dumb";
  screen.colour = screen.terminal && variable("NO_COLOR").empty();
  screen.unicode = is_utf8_locale();
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0) {
    if (size.ws_col > 0) screen.columns = size.ws_col;
    if (size.ws_row > 0) screen.rows = size.ws_row;
  }
  return screen;
}

std::unique_ptr<builds::Progress> make_progress(const Screen& screen, Verbosity verbosity, Clock clock) {
  if (verbosity == Verbosity::quiet) return std::make_unique<QuietView>(screen);
  if (screen.terminal) return std::make_unique<LiveView>(screen, verbosity, std::move(clock));
  return std::make_unique<PlainView>(screen);
}

}  // namespace larder::cli
