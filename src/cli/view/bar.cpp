#include "cli/view/bar.hpp"

#include <algorithm>

namespace larder::cli {
namespace {

constexpr size_t columns_max = 40;
constexpr size_t columns_min = 10;

std::string repeat(const char* text, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

}  // namespace

size_t bar_columns(size_t other_columns, const Screen& screen) {
  if (screen.columns < other_columns + columns_min) return 0;
  return std::min<size_t>(screen.columns - other_columns, columns_max);
}

std::string draw_bar(size_t full, size_t rest, const Screen& screen) {
  const std::string bar = repeat(screen.unicode ? "█" : "#", full) + repeat(screen.unicode ? "░" : ".", rest);
  return screen.colour && !bar.empty() ? "\033[36m" + bar + "\033[0m" : bar;
}

}  // namespace larder::cli
