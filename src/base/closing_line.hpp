#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace larder {

/// The last line of a text that must be noticed when it is torn or altered: `end`, `note` where there is one, and the
/// SHA-256 of all bytes before the line.
std::string closing_line(std::string_view before, std::string_view note = {});

/// All before the last line; no value where that is not the closing line with this note.
std::optional<std::string_view> without_closing_line(std::string_view text, std::string_view note = {});

}  // namespace larder
