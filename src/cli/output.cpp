#include "cli/output.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "cli/view/screen.hpp"
#include "cli/view/view_text.hpp"

namespace larder::cli {
namespace {

/// errno of the first write to stdout that failed; nothing more is written then.
int output_error = 0;

/// Writes all of the text; gives 0 or errno. Another program may have left the descriptor non-blocking.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<size_t>(count));
    } else if (errno == EAGAIN) {
      pollfd wanted{fd, POLLOUT, 0};
      (void)::poll(&wanted, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace

void print(const std::string& text) {
  if (output_error != 0) return;
  output_error = write_all(STDOUT_FILENO, text);
  if (output_error != 0 && output_error != EPIPE)
    print_error({ErrorCode::environment, "the output cannot be written", std::strerror(output_error),
                 "make room where it goes to, or send it elsewhere", 0});
}

int code_with_output(int code) {
  const bool lost = output_error != 0 && output_error != EPIPE;
  return code == 0 && lost ? static_cast<int>(ErrorCode::environment) : code;
}

void print_json(const nlohmann::json& data) {
  print(data.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

void say(const std::string& line) { write_text(STDERR_FILENO, clean_lines(line) + "\n"); }

void print_error(const Error& error) {
  const bool colour = detect_screen(STDERR_FILENO).colour;
  const auto word = [&](const char* text, int code) {
    return colour ? fmt::format("\033[1;{}m{}\033[0m", code, text) : std::string(text);
  };
  std::string text = fmt::format("{} {}\n", word("error:", 31), clean_lines(error.message));
  if (!error.cause.empty()) text += fmt::format("  {}\n", clean_lines(error.cause));
  if (!error.hint.empty()) text += fmt::format("{} {}\n", word("hint:", 36), clean_lines(error.hint));
  (void)write_all(STDERR_FILENO, text);  // there is nobody else to tell
}

}  // namespace larder::cli
