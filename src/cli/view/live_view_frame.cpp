#include "cli/view/live_view_frame.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "cli/view/view_text.hpp"

namespace larder::cli {
namespace {

using builds::TargetOutcome;

// Parameters of "select graphic rendition".
constexpr const char* plain = "";
constexpr const char* dim = "2";
constexpr const char* red = "31";
constexpr const char* green = "32";
constexpr const char* yellow = "33";
constexpr const char* cyan = "36";

struct Piece {
  const char* colour;
  std::string text;
};

const char* spinner(double seconds, bool unicode) {
  static constexpr std::array dots = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
  static constexpr std::array bars = {"|", "/", "-", "\\"};
  const auto step = static_cast<size_t>(std::max(0.0, seconds) * 10);
  return unicode ? dots[step % dots.size()] : bars[step % bars.size()];
}

Piece finished_mark(TargetOutcome outcome, bool unicode) {
  switch (outcome) {
    case TargetOutcome::success:
      return {green, unicode ? "✓" : "+"};
    case TargetOutcome::failed:
      return {red, unicode ? "✗" : "x"};
    case TargetOutcome::interrupted:
      return {yellow, unicode ? "✗" : "x"};
    case TargetOutcome::skipped:
      break;
  }
  return {dim, "-"};
}

Piece mark(const LiveRow& row, double now_seconds, bool unicode) {
  switch (row.state) {
    case LiveState::running:
      return {cyan, spinner(now_seconds - row.seconds, unicode)};
    case LiveState::finished:
      return finished_mark(row.outcome, unicode);
    case LiveState::waiting:
      return {yellow, unicode ? "·" : "."};
    case LiveState::pending:
      break;
  }
  return {dim, unicode ? "·" : "."};
}

bool has_time(const LiveRow& row) {
  return row.state == LiveState::running || (row.state == LiveState::finished && row.outcome != TargetOutcome::skipped);
}

std::string time_text(const LiveRow& row, double now_seconds) {
  if (!has_time(row)) return {};
  return format_seconds(row.state == LiveState::running ? std::max(0.0, now_seconds - row.seconds) : row.seconds);
}

/// The word for a row's state, for readers who cannot tell the colours and marks apart.
Piece remark(const LiveRow& row) {
  if (row.state == LiveState::waiting) return {yellow, row.text};
  if (row.state == LiveState::running) return {dim, row.text};
  if (row.state == LiveState::pending) return {plain, ""};
  switch (row.outcome) {
    case TargetOutcome::failed:
      return {red, "failed"};
    case TargetOutcome::interrupted:
      return {yellow, "interrupted"};
    case TargetOutcome::skipped:
      return {dim, "skipped"};
    case TargetOutcome::success:
      break;
  }
  return {plain, ""};
}

/// Puts the pieces together as far as there is room.
FrameLine assemble(const std::vector<Piece>& pieces, const FrameStyle& style) {
  FrameLine line;
  for (const Piece& piece : pieces) {
    const std::string_view shown = cut_to_columns(piece.text, style.columns_max - line.columns);
    if (shown.empty()) continue;
    line.columns += display_columns(shown);
    const bool coloured = style.colour && *piece.colour != '\0';
    line.text += coloured ? fmt::format("\x1b[{}m{}\x1b[0m", piece.colour, shown) : std::string(shown);
  }
  return line;
}

struct Widths {
  size_t name = 0;
  size_t time = 5;
};

std::string pad_right(const std::string& text, size_t width) {
  return text + std::string(width - std::min(width, display_columns(text)), ' ');
}

std::string pad_left(const std::string& text, size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

FrameLine compose_row(const LiveRow& row, double now_seconds, const Widths& widths, const FrameStyle& style) {
  std::vector<Piece> pieces = {mark(row, now_seconds, style.unicode), {plain, " "}};
  const std::string time = time_text(row, now_seconds);
  const Piece last = remark(row);
  const bool only_name = time.empty() && last.text.empty();
  pieces.push_back({plain, only_name ? row.name : pad_right(row.name, widths.name) + "  "});
  if (!only_name) pieces.push_back({plain, pad_left(time, widths.time)});
  if (!last.text.empty()) {
    pieces.push_back({plain, "  "});
    pieces.push_back(last);
  }
  return assemble(pieces, style);
}

/// Which rows go first when there is no room for all.
int rank(const LiveRow& row) {
  const bool bad = row.outcome == TargetOutcome::failed || row.outcome == TargetOutcome::interrupted;
  switch (row.state) {
    case LiveState::running:
      return 0;
    case LiveState::finished:
      return bad ? 1 : 4;
    case LiveState::waiting:
      return 2;
    case LiveState::pending:
      break;
  }
  return 3;
}

/// The `count` rows that matter most, and then the others, both in the rows' own order.
std::vector<size_t> choose(const std::vector<LiveRow>& rows, size_t count) {
  std::vector<size_t> order(rows.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return rank(rows[a]) < rank(rows[b]); });
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(count);
  std::sort(order.begin(), middle);
  std::sort(middle, order.end());
  return order;
}

FrameLine compose_rest(const std::vector<LiveRow>& rows, const std::vector<size_t>& order, size_t first,
                       const FrameStyle& style) {
  size_t running = 0, finished = 0, waiting = 0;
  for (size_t i = first; i < order.size(); ++i) {
    const LiveState state = rows[order[i]].state;
    ++(state == LiveState::running ? running : state == LiveState::finished ? finished : waiting);
  }
  std::vector<std::string> parts;
  if (running > 0) parts.push_back(fmt::format("{} running", running));
  if (waiting > 0) parts.push_back(fmt::format("{} waiting", waiting));
  if (finished > 0) parts.push_back(fmt::format("{} finished", finished));
  return assemble({{dim, fmt::format("  and {} more: {}", order.size() - first, join(parts, ", "))}}, style);
}

}  // namespace

std::vector<FrameLine> compose_frame(const std::vector<LiveRow>& rows, double now_seconds, const FrameStyle& style) {
  const bool all = rows.size() <= style.lines_max;
  const size_t shown = all ? rows.size() : std::max<size_t>(style.lines_max, 1) - 1;
  const std::vector<size_t> order = choose(rows, shown);
  Widths widths;
  for (const LiveRow& row : rows) {
    widths.name = std::max(widths.name, display_columns(row.name));
    widths.time = std::max(widths.time, time_text(row, now_seconds).size());
  }
  std::vector<FrameLine> lines;
  for (size_t i = 0; i < shown; ++i) lines.push_back(compose_row(rows[order[i]], now_seconds, widths, style));
  if (!all) lines.push_back(compose_rest(rows, order, shown, style));
  return lines;
}

}  // namespace larder::cli
