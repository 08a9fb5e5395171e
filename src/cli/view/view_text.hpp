#pragma once

#include <string>
#include <string_view>

#include "base/utf8.hpp"

namespace larder::cli {

enum class Colours { drop, keep };
enum class Tabs { keep, expand };
enum class Charset { utf8, ascii };

/// What of a build's output may reach the user.
struct TextStyle {
  Colours colours = Colours::drop;
  Tabs tabs = Tabs::keep;
  Charset charset = Charset::utf8;
};

/// One line of any bytes, made harmless for a terminal: control characters and escape sequences are dropped (a title,
/// a clipboard or a key binding could otherwise be set), but for colours, which are then reset at the end. Of a line
/// that a carriage return restarts, the last version. Bytes that are no UTF-8 become "?".
std::string clean_line(std::string_view line, TextStyle style);

/// "x64      | text\n", the name padded to `width` columns.
std::string prefixed_line(std::string_view name, size_t width, std::string_view text);

/// One write(2) where the kernel takes all of it. Errors are ignored: a build does not fail because nobody reads.
void write_text(int fd, std::string_view text);

}  // namespace larder::cli
