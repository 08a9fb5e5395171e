#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace larder {

// Fields of lines of text that hold any bytes: paths, links' texts, names.

/// Gives the text as a field: bytes that would end a field or a line are written as %xx; an empty one as "-".
std::string escape_field(std::string_view text);

/// Gives the text that `escape_field` has written; no value where it is none of its.
std::optional<std::string> unescape_field(std::string_view text);

/// Reads a number that is the whole text; false where it is none, or does not fit.
template <typename Number>
bool parse_number(std::string_view text, Number& number, int base = 10) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

/// Whether a relative path from another machine stays where it is joined to: not empty, not absolute, no empty, `.` or
/// `..` part, no NUL byte.
bool is_path_inside(std::string_view path);

}  // namespace larder
