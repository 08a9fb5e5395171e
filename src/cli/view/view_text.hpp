#pragma once

#include <string>
#include <string_view>

#include "base/utf8.hpp"

namespace larder::cli {

/// Whether colours in a text stay.
enum class Colours { drop, keep };
/// Whether tabs in a text stay or become spaces.
enum class Tabs { keep, expand };
/// The characters that a reader expects.
enum class Charset {
  utf8,
  plain_quotes,  ///< any, but the quotation marks of ASCII, as compilers write them where a locale is not UTF-8
  ascii          ///< what is none is shown as "?"
};

/// What may reach the user of a build's output.
struct TextStyle {
  Colours colours = Colours::drop;
  Tabs tabs = Tabs::keep;
  Charset charset = Charset::utf8;
};

/// A line of any bytes, made harmless for a terminal: control characters and escape sequences are dropped (a title,
/// a clipboard or a key binding could otherwise be set), but for colours, which are then reset at the end. Where
/// carriage returns restart the line, only its last version stays. Bytes that are no UTF-8 become "?".
std::string clean_line(std::string_view line, TextStyle style);

/// Several lines, each made harmless.
std::string clean_lines(std::string_view text);

/// A line of output with its target, such as "x64      | text\n"; the name is padded to `width` columns.
std::string prefixed_line(std::string_view name, size_t width, std::string_view text);

/// Writes the text by one write(2), where the kernel takes all of it. Errors are ignored: a build does not fail because
/// nobody reads.
void write_text(int fd, std::string_view text);

}  // namespace larder::cli
