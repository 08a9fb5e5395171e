#include "base/closing_line.hpp"

#include "base/sha256.hpp"

namespace larder {

std::string closing_line(std::string_view before, std::string_view note) {
  std::string line = "end ";
  if (!note.empty()) line.append(note) += ' ';
  return line + sha256_hex(before) + "\n";
}

std::optional<std::string_view> without_closing_line(std::string_view text, std::string_view note) {
  if (text.empty() || text.back() != '\n') return std::nullopt;
  const size_t previous = text.substr(0, text.size() - 1).rfind('\n');
  const std::string_view before = text.substr(0, previous == std::string_view::npos ? 0 : previous + 1);
  if (text.substr(before.size()) != closing_line(before, note)) return std::nullopt;
  return before;
}

}  // namespace larder
