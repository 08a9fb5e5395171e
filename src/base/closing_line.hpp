#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace larder {

/// Gives the last line of a text, by which a torn or altered text is noticed: `end`, `note` where there is one, and the
/// SHA-256 of all bytes `before` the line.
std::string closing_line(std::string_view before, std::string_view note = {});

/// Gives all before the last line; no value where the last line is not the closing line with this note.
std::optional<std::string_view> without_closing_line(std::string_view text, std::string_view note = {});

}  // namespace larder
