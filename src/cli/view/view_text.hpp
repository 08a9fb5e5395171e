#pragma once

#include <string>
#include <string_view>

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

/// Columns that clean text without colours takes on a terminal: wide characters two, combining ones none.
size_t display_columns(std::string_view text);

/// The longest beginning of clean text without colours that fits.
std::string_view cut_to_columns(std::string_view text, size_t columns);

/// "x64      | text\n", the name padded to `width` columns.
std::string prefixed_line(std::string_view name, size_t width, std::string_view text);

/// One write(2) where the kernel takes all of it. Errors are ignored: a build does not fail because nobody reads.
void write_text(int fd, std::string_view text);

}  // namespace larder::cli
