#include "cli/output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/view/screen.hpp"
#include "cli/view/view_text.hpp"

namespace larder::cli {
namespace {

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) std::_Exit(errno == EPIPE ? 0 : 3);
    text.remove_prefix(static_cast<size_t>(count));
  }
}

}  // namespace

void print(const std::string& text) { write_all(STDOUT_FILENO, text); }

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
  write_all(STDERR_FILENO, text);
}

}  // namespace larder::cli
