#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace larder {

/// Writes a size as "812 B", "4.0 KB", "1.3 GB": powers of 1000, as disks are sold and `du --si` prints.
std::string format_bytes(uint64_t bytes);

/// Writes a duration as "0.4 s", "45 s", "8 min 05 s", "2 h 03 min".
std::string format_seconds(double seconds);

/// Reads a size as people write it: "20GB", "1.5 TB", "512 MiB"; KB and the like are powers of 1000, KiB and the like
/// of 1024.
Result<uint64_t> parse_bytes(std::string_view text);

/// Reads a duration as people write it, in seconds: "90s", "30 m", "12h", "30d", "2w".
Result<int64_t> parse_duration(std::string_view text);

/// Writes how long ago `then` was: "now", "5 minutes ago", "3 days ago". Both are in seconds since 1970.
std::string format_age(int64_t then, int64_t now);

/// Gives the word of `words` nearest to `word` by edit distance; empty when none is near enough to be meant.
std::string nearest_word(std::string_view word, const std::vector<std::string>& words);

bool contains(const std::vector<std::string>& words, std::string_view word);

/// Whether the text has one of these somewhere.
bool has_one_of(std::string_view text, const std::vector<std::string>& words);

/// Joins words as in a sentence: "a, b and c".
std::string join_words(const std::vector<std::string>& words);

std::string join(const std::vector<std::string>& parts, std::string_view separator);

std::vector<std::string> split(std::string_view text, char separator);

/// Gives what stands behind the last slash of a path, as a view of it.
std::string_view file_name(std::string_view path);

/// Gives the text without white space at both ends.
std::string trim(std::string_view text);
/// The text with ASCII capitals made small.
std::string lower_case(std::string text);

/// Gives the last line of a program's output that is not blank, trimmed.
std::string last_line(std::string_view text);

/// Gives a text of unknown origin as a message may show it: control characters and what is no UTF-8 as `\x1b`, those
/// that turn the direction of writing as `\u{202e}`, and no more than its first 100 bytes.
std::string printable(std::string_view text);

/// Gives the bytes in hexadecimal, two lower-case digits each.
std::string to_hex(std::string_view bytes);

/// Gives the bytes that `to_hex` has written; no value where the text is none of its.
std::optional<std::string> from_hex(std::string_view text);

/// Gives the argument as one would type it in a shell: quoted only where it must be.
std::string shell_quote(std::string_view argument);

/// Lays out rows with each column padded to one width, two spaces between, and no space at the ends of lines.
std::string format_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace larder
