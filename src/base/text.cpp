#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>

#include "base/utf8.hpp"

namespace larder {
namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string count_ago(int64_t count, const char* unit) {
  return fmt::format("{} {}{} ago", count, unit, count == 1 ? "" : "s");
}

struct Unit {
  std::string_view name;
  double size;
};

bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

/// No value where the text is not a number of such units, or is beyond all that can be meant.
template <size_t N>
std::optional<int64_t> parse_quantity(std::string_view text, const std::array<Unit, N>& units) {
  const size_t number_size = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view number = text.substr(0, number_size);
  std::string_view name = text.substr(number_size);
  if (name.starts_with(' ')) name.remove_prefix(1);
  const auto unit =
      std::find_if(units.begin(), units.end(), [&](const Unit& one) { return same_letters(name, one.name); });
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  const bool is_number = error == std::errc() && end == number.data() + number.size();
  if (!is_number || unit == units.end() || value * unit->size > 9e18) return std::nullopt;
  return std::llround(value * unit->size);
}

}  // namespace

std::string format_bytes(uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  static constexpr std::array units = {"KB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  while (value >= 999.95 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, units[unit]);
}

std::string format_seconds(double seconds) {
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

Result<uint64_t> parse_bytes(std::string_view text) {
  static constexpr std::array<Unit, 9> units = {{{"B", 1},
                                                 {"KB", 1e3},
                                                 {"MB", 1e6},
                                                 {"GB", 1e9},
                                                 {"TB", 1e12},
                                                 {"KiB", 1024.},
                                                 {"MiB", 1024. * 1024},
                                                 {"GiB", 1024. * 1024 * 1024},
                                                 {"TiB", 1024. * 1024 * 1024 * 1024}}};
  if (const auto bytes = parse_quantity(text, units)) return static_cast<uint64_t>(*bytes);
  return fail(ErrorCode::usage, fmt::format("'{}' is not a size", printable(text)), {},
              "give a number and B, KB, MB, GB, TB, KiB, MiB, GiB or TiB, such as 20GB");
}

Result<int64_t> parse_duration(std::string_view text) {
  static constexpr std::array<Unit, 5> units = {{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 7 * 86400}}};
  if (const auto seconds = parse_quantity(text, units)) return *seconds;
  return fail(ErrorCode::usage, fmt::format("'{}' is not a time", printable(text)), {},
              "give a number and s, m, h, d or w (seconds to weeks), such as 30d");
}

std::string format_age(int64_t then, int64_t now) {
  const int64_t seconds = now - then;
  if (seconds < 60) return "now";
  if (seconds < 3600) return count_ago(seconds / 60, "minute");
  if (seconds < 86400) return count_ago(seconds / 3600, "hour");
  return count_ago(seconds / 86400, "day");
}

std::string nearest_word(std::string_view word, const std::vector<std::string>& words) {
  if (word.size() > 256) return {};
  const size_t far = std::max<size_t>(2, word.size() / 2) + 1;
  size_t best = far;
  std::string nearest;
  for (const std::string& candidate : words) {
    const size_t distance = edit_distance(word, candidate);
    if (distance >= best) continue;
    best = distance;
    nearest = candidate;
  }
  return nearest;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool has_one_of(std::string_view text, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return text.find(word) != std::string_view::npos; });
}

std::string join_words(const std::vector<std::string>& words) {
  if (words.size() < 2) return words.empty() ? "" : words.front();
  return join({words.begin(), words.end() - 1}, ", ") + " and " + words.back();
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (size_t start = 0;;) {
    const size_t end = text.find(separator, start);
    parts.emplace_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string lower_case(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::string trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(blanks) - first + 1));
}

std::string last_line(std::string_view text) {
  const std::string trimmed = trim(text);
  return trim(std::string_view(trimmed).substr(trimmed.rfind('\n') + 1));
}

std::string printable(std::string_view text) {
  constexpr size_t bytes_max = 100;
  size_t size = std::min(text.size(), bytes_max);
  while (size < text.size() && size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80) --size;
  std::string shown;
  for (std::string_view rest = text.substr(0, size); !rest.empty();) {
    const Character character = first_character(rest);
    const std::string_view bytes = rest.substr(0, character.size_bytes);
    if (!character.valid || (character.code < 0x80 && steers_terminal(character.code)))
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(bytes.front()));
    else if (steers_terminal(character.code))
      shown += fmt::format("\\u{{{:x}}}", static_cast<uint32_t>(character.code));
    else
      shown += bytes;
    rest.remove_prefix(bytes.size());
  }
  return size < text.size() ? shown + fmt::format("… ({} bytes)", text.size()) : shown;
}

std::string to_hex(std::string_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char byte : bytes) fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned char>(byte));
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    unsigned char byte = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    if (error != std::errc() || end != text.data() + i + 2) return std::nullopt;
    bytes.push_back(static_cast<char>(byte));
  }
  return bytes;
}

std::string shell_quote(std::string_view argument) {
  static constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  if (!argument.empty() && argument.find_first_not_of(plain) == std::string_view::npos) return std::string(argument);
  std::string quoted = "'";
  for (const char c : argument) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + "'";
}

std::string format_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_columns(row[i]));
  }
  std::string table;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      line.append(widths[i] - display_columns(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    table += line + "\n";
  }
  return table;
}

}  // namespace larder
