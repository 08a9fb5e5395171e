#pragma once

#include <string>

namespace larder::cli {

/// Whether there is a terminal on which the user can be asked.
bool can_ask();

/// Asks the question on the terminal. The answer is true for a yes, and false for anything else.
bool confirm(const std::string& question);

}  // namespace larder::cli
