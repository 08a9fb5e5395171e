#pragma once

#include <string>

#include "cli/view/screen.hpp"

namespace larder::cli {

/// The width in columns of a bar on a line of which `other_columns` are taken; 0 where there is no room for one.
size_t bar_columns(size_t other_columns, const Screen& screen);

/// A bar of `full` columns of "█" and `rest` columns of "░", or of "#" and "." where the screen has no Unicode.
std::string draw_bar(size_t full, size_t rest, const Screen& screen);

}  // namespace larder::cli
