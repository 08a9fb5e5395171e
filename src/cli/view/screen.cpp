#include "cli/view/screen.hpp"

#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <string>

#include "base/environment.hpp"

namespace larder::cli {
namespace {

/// The character set that the environment names, in the order of setlocale(3).
bool is_utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string value = environment(name);
    if (value.empty()) continue;
    const size_t dot = value.find('.');
    if (dot == std::string::npos) return false;
    const std::string charset = value.substr(dot + 1, value.find('@') - dot - 1);
    return ::strcasecmp(charset.c_str(), "UTF-8") == 0 || ::strcasecmp(charset.c_str(), "UTF8") == 0;
  }
  return false;
}

}  // namespace

Screen detect_screen(int fd) {
  Screen screen;
  screen.fd = fd;
  const std::string kind = environment("TERM");
  screen.terminal = ::isatty(fd) == 1 && !kind.empty() && kind != "dumb";
  screen.colour = screen.terminal && environment("NO_COLOR").empty();
  screen.unicode = is_utf8_locale();
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0) {
    if (size.ws_col > 0) screen.columns = size.ws_col;
    if (size.ws_row > 0) screen.rows = size.ws_row;
  }
  return screen;
}

}  // namespace larder::cli
