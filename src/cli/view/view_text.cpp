#include "cli/view/view_text.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace larder::cli {
namespace {

constexpr char escape = '\x1b';

unsigned char byte(char c) { return static_cast<unsigned char>(c); }

bool within(char c, unsigned char first, unsigned char last) { return byte(c) >= first && byte(c) <= last; }

struct Character {
  char32_t code;
  size_t size_bytes;  ///< at least 1
  bool valid;
};

size_t sequence_bytes(unsigned char first) {
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/// The first character of a text that is not empty.
Character decode(std::string_view text) {
  constexpr std::array<char32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
  constexpr Character invalid{U'?', 1, false};
  const size_t size = sequence_bytes(byte(text[0]));
  if (size == 0 || size > text.size()) return invalid;
  if (size == 1) return {byte(text[0]), 1, true};
  char32_t code = byte(text[0]) & (0x7FU >> size);
  for (size_t i = 1; i < size; ++i) {
    if (!within(text[i], 0x80, 0xBF)) return invalid;
    code = code << 6 | (byte(text[i]) & 0x3FU);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < smallest[size] || code > 0x10FFFF || surrogate) return invalid;
  return {code, size, true};
}

/// Characters that steer a terminal: C0, DEL, C1, and those that turn the direction of writing (CVE-2021-42574).
bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

struct Range {
  char32_t first, last;
};

template <size_t Count>
bool in_ranges(const std::array<Range, Count>& ranges, char32_t code) {
  return std::any_of(ranges.begin(), ranges.end(), [&](Range r) { return code >= r.first && code <= r.last; });
}

size_t character_columns(char32_t code) {
  static constexpr std::array combining = {Range{0x300, 0x36F}, Range{0x200B, 0x200F}, Range{0x20D0, 0x20FF},
                                           Range{0xFE00, 0xFE0F}};
  static constexpr std::array wide = {Range{0x1100, 0x115F},  Range{0x2E80, 0x303E}, Range{0x3041, 0xA4CF},
                                      Range{0xAC00, 0xD7A3},  Range{0xF900, 0xFAFF}, Range{0xFE30, 0xFE6F},
                                      Range{0xFF00, 0xFF60},  Range{0xFFE0, 0xFFE6}, Range{0x1F300, 0x1FAFF},
                                      Range{0x20000, 0x3FFFD}};
  if (in_ranges(combining, code)) return 0;
  return in_ranges(wide, code) ? 2 : 1;
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
    const Character character = decode(line);
    if (character.code == '\t')
      take_tab();
    else if (!is_control(character.code))
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
    const bool shown = character.valid && (style_.charset == Charset::utf8 || character.code < 0x80);
    columns_ += shown ? character_columns(character.code) : 1;
    text_ += shown ? bytes : "?";
  }

  TextStyle style_;
  std::string text_;
  size_t columns_ = 0;
  bool coloured_ = false;
};

}  // namespace

std::string clean_line(std::string_view line, TextStyle style) { return Cleaner(style).clean(last_version(line)); }

size_t display_columns(std::string_view text) {
  size_t columns = 0;
  while (!text.empty()) {
    const Character character = decode(text);
    columns += character_columns(character.code);
    text.remove_prefix(character.size_bytes);
  }
  return columns;
}

std::string_view cut_to_columns(std::string_view text, size_t columns) {
  size_t size = 0;
  while (size < text.size()) {
    const Character character = decode(text.substr(size));
    const size_t needed = character_columns(character.code);
    if (needed > columns) break;
    columns -= needed;
    size += character.size_bytes;
  }
  return text.substr(0, size);
}

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
