#pragma once

#include <cstddef>
#include <string_view>

namespace larder {

/// A Character is what a text begins with; where that is no UTF-8, one byte of it, as a "?" that is not valid.
struct Character {
  char32_t code;
  size_t size_bytes;  ///< at least 1
  bool valid;
};

/// Reads the first character of a text that is not empty.
Character first_character(std::string_view text);

/// Whether all of the text is well-formed.
bool is_utf8(std::string_view text);

/// Tells whether the character steers a terminal instead of being shown: the controls of C0, C1 and DEL, and those that
/// turn the direction of writing (CVE-2021-42574).
bool steers_terminal(char32_t code);

/// Gives the columns that a character takes on a terminal: wide ones two, combining ones and controls none.
size_t display_columns(char32_t code);

/// Gives the columns that text without controls and colours takes on a terminal.
size_t display_columns(std::string_view text);

/// Gives the longest beginning of text without controls and colours that fits into so many columns.
std::string_view cut_to_columns(std::string_view text, size_t columns);

}  // namespace larder
