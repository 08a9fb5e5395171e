#include "base/utf8.hpp"

#include <utf8proc.h>

namespace larder {

Character first_character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {first, 1, true};
  utf8proc_int32_t code = 0;
  const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                     static_cast<utf8proc_ssize_t>(text.size()), &code);
  if (size <= 0) return {U'?', 1, false};
  return {static_cast<char32_t>(code), static_cast<size_t>(size), true};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Character character = first_character(text);
    if (!character.valid) return false;
    text.remove_prefix(character.size_bytes);
  }
  return true;
}

bool steers_terminal(char32_t code) {
  const utf8proc_property_t* property = utf8proc_get_property(static_cast<utf8proc_int32_t>(code));
  if (property->category == UTF8PROC_CATEGORY_CC) return true;
  switch (property->bidi_class) {
    case UTF8PROC_BIDI_CLASS_LRE:
    case UTF8PROC_BIDI_CLASS_LRO:
    case UTF8PROC_BIDI_CLASS_RLE:
    case UTF8PROC_BIDI_CLASS_RLO:
    case UTF8PROC_BIDI_CLASS_PDF:
    case UTF8PROC_BIDI_CLASS_LRI:
    case UTF8PROC_BIDI_CLASS_RLI:
    case UTF8PROC_BIDI_CLASS_FSI:
    case UTF8PROC_BIDI_CLASS_PDI:
      return true;
    default:
      return false;
  }
}

size_t display_columns(char32_t code) {
  return static_cast<size_t>(utf8proc_charwidth(static_cast<utf8proc_int32_t>(code)));
}

size_t display_columns(std::string_view text) {
  size_t columns = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    columns += display_columns(character.code);
    text.remove_prefix(character.size_bytes);
  }
  return columns;
}

std::string_view cut_to_columns(std::string_view text, size_t columns) {
  size_t size = 0;
  while (size < text.size()) {
    const Character character = first_character(text.substr(size));
    const size_t needed = display_columns(character.code);
    if (needed > columns) break;
    columns -= needed;
    size += character.size_bytes;
  }
  return text.substr(0, size);
}

}  // namespace larder
