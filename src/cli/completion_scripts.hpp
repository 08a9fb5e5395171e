#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larder::cli {

/// src/cli/completions/* as they were when Larder was built: the shell's name and its script, sorted by name.
std::vector<std::pair<std::string, std::string_view>> embedded_completions();

}  // namespace larder::cli
