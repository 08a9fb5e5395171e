#include "base/field.hpp"

#include <fmt/format.h>

#include <iterator>

namespace larder {

std::string escape_field(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || c == '%')
      fmt::format_to(std::back_inserter(escaped), "%{:02x}", byte);
    else
      escaped += c;
  }
  return escaped.empty() ? "-" : escaped == "-" ? "%2d" : escaped;
}

std::optional<std::string> unescape_field(std::string_view text) {
  if (text == "-") return "";
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    unsigned byte = 0;
    if (i + 2 >= text.size() || !parse_number(text.substr(i + 1, 2), byte, 16)) return std::nullopt;
    plain += static_cast<char>(byte);
    i += 2;
  }
  return plain;
}

bool is_path_inside(std::string_view path) {
  if (path.find('\0') != std::string_view::npos) return false;
  for (size_t start = 0;;) {
    const size_t end = path.find('/', start);
    const std::string_view part = path.substr(start, end - start);
    if (part.empty() || part == "." || part == "..") return false;
    if (end == std::string_view::npos) return true;
    start = end + 1;
  }
}

}  // namespace larder
