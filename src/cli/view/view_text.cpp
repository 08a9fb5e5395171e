#include "cli/view/view_text.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace larder::cli {
namespace {

constexpr char escape = '\x1b';

bool within(char c, unsigned char first, unsigned char last) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= first && byte <= last;
}

/// The bytes of a control sequence, from its ESC to its final byte or to where it breaks off.
size_t control_sequence_bytes(std::string_view text) {
  size_t at = 2;
  while (at < text.size() && within(text[at], 0x20, 0x3F)) ++at;
  return at < text.size() && within(text[at], 0x40, 0x7E) ? at + 1 : at;
}

/// A title, a clipboard's content and the like: up to BEL or ESC \, or all of the line.
size_t control_string_bytes(std::string_view text) {
  for (size_t at = 2; at < text.size(); ++at) {
    if (text[at] == '\a') return at + 1;
    if (text[at] == escape && at + 1 < text.size() && text[at + 1] == '\\') return at + 2;
  }
  return text.size();
}

size_t escape_bytes(std::string_view text) {
  if (text.size() < 2) return 1;
  if (text[1] == '[') return control_sequence_bytes(text);
  if (std::string_view("]PX^_").find(text[1]) != std::string_view::npos) return control_string_bytes(text);
  size_t at = 1;
  while (at < text.size() && within(text[at], 0x20, 0x2F)) ++at;
  return at < text.size() && within(text[at], 0x30, 0x7E) ? at + 1 : at;
}

bool is_colour(std::string_view sequence) {
  return sequence.size() >= 3 && sequence[1] == '[' && sequence.back() == 'm' &&
         sequence.find_first_not_of("0123456789;:", 2) == sequence.size() - 1;
}

std::string_view last_version(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  const size_t restart = line.rfind('\r');
  return restart == std::string_view::npos ? line : line.substr(restart + 1);
}

/// The quotation mark of ASCII for one of typography's; empty: it is none.
std::string_view plain_quote(char32_t code) {
  if (code == U'\u2018' || code == U'\u2019') return "'";
  return code == U'\u201C' || code == U'\u201D' ? "\"" : "";
}

class Cleaner {
 public:
  explicit Cleaner(TextStyle style) : style_(style) {}

  std::string clean(std::string_view line) {
    while (!line.empty()) line.remove_prefix(line[0] == escape ? take_escape(line) : take_character(line));
    if (coloured_) text_ += "\x1b[0m";
    return std::move(text_);
  }

 private:
  size_t take_escape(std::string_view line) {
    const size_t size = escape_bytes(line);
    const std::string_view sequence = line.substr(0, size);
    if (style_.colours == Colours::keep && is_colour(sequence)) {
      text_ += sequence;
      coloured_ = true;
    }
    return size;
  }

  size_t take_character(std::string_view line) {
    const Character character = first_character(line);
    if (character.code == '\t')
      take_tab();
    else if (!steers_terminal(character.code))
      take_printable(character, line.substr(0, character.size_bytes));
    return character.size_bytes;
  }

  void take_tab() {
    const size_t spaces = 8 - columns_ % 8;
    columns_ += spaces;
    if (style_.tabs == Tabs::keep)
      text_ += '\t';
    else
      text_.append(spaces, ' ');
  }

  void take_printable(Character character, std::string_view bytes) {
    if (const auto quote = plain_quote(character.code); style_.charset != Charset::utf8 && !quote.empty()) {
      ++columns_;
      text_ += quote;
      return;
    }
    const bool shown = character.valid && (style_.charset != Charset::ascii || character.code < 0x80);
    columns_ += shown ? display_columns(character.code) : 1;
    text_ += shown ? bytes : "?";
  }

  TextStyle style_;
  std::string text_;
  size_t columns_ = 0;
  bool coloured_ = false;
};

}  // namespace

std::string clean_lines(std::string_view text) {
  std::string clean;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    clean += (start == 0 ? "" : "\n") + clean_line(text.substr(start, end - start), {});
    start = end + 1;
  }
  return clean;
}

std::string clean_line(std::string_view line, TextStyle style) { return Cleaner(style).clean(last_version(line)); }

std::string prefixed_line(std::string_view name, size_t width, std::string_view text) {
  std::string line(name);
  line.append(width - std::min(width, display_columns(name)), ' ');
  line += text.empty() ? " |" : " | ";
  line += text;
  return line += '\n';
}

void write_text(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count > 0) {
      text.remove_prefix(static_cast<size_t>(count));
    } else if (count < 0 && errno == EAGAIN) {  // another program may have left the terminal non-blocking
      pollfd wanted{fd, POLLOUT, 0};
      if (::poll(&wanted, 1, 1000) <= 0) return;
    } else if (count == 0 || errno != EINTR) {
      return;
    }
  }
}

}  // namespace larder::cli
