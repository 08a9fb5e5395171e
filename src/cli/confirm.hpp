#pragma once

#include <string>

namespace larder::cli {

/// Whether there is a terminal to ask on.
bool can_ask();

/// Asks, and takes anything but a yes for a no.
bool confirm(const std::string& question);

}  // namespace larder::cli
