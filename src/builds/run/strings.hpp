#pragma once

#include <string_view>

namespace larder::builds {

/// Calls `take` with the strings of a source's line, each with what stands before it. Strings end on their line: the
/// few that do not are no paths.
template <typename Take>
void each_string(std::string_view line, const Take& take) {
  for (size_t quote = line.find('"'); quote != std::string_view::npos;) {
    const size_t end = line.find('"', quote + 1);
    if (end == std::string_view::npos) return;
    take(line.substr(0, quote), line.substr(quote + 1, end - quote - 1));
    quote = line.find('"', end + 1);
  }
}

}  // namespace larder::builds
