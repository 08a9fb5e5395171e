#include "cli/view/live_view.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <utility>

#include "cli/view/view_text.hpp"

namespace larder::cli {
namespace {

constexpr double redraw_seconds_min = 0.09;  // a little less than the time between ticks
constexpr size_t scrolled_bytes_max = 65536;
constexpr size_t shown_columns_max = 1024;  // of a line of output; no window is wider

TextStyle scrolled_style(const Screen& screen) {
  return {screen.colour ? Colours::keep : Colours::drop, Tabs::expand, screen.unicode ? Charset::utf8 : Charset::ascii};
}

/// For the block's lines, which have colours of their own.
std::string clean_remark(const std::string& text, const Screen& screen) {
  TextStyle style = scrolled_style(screen);
  style.colours = Colours::drop;
  const std::string clean = clean_line(text, style);
  const size_t start = std::min(clean.find_first_not_of(' '), clean.size());
  return std::string(cut_to_columns(std::string_view(clean).substr(start), shown_columns_max));
}

}  // namespace

LiveView::LiveView(const Screen& screen, Verbosity verbosity, Clock clock)
    : screen_(screen), verbosity_(verbosity), clock_(std::move(clock)) {}

LiveRow& LiveView::row(const std::string& name) {
  const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const LiveRow& row) { return row.name == name; });
  if (found != rows_.end()) return *found;
  rows_.emplace_back().name = name;
  return rows_.back();
}

void LiveView::begin(const std::vector<std::string>& names) {
  for (const std::string& name : names) row(name);
  draw(Extent::window);
}

void LiveView::waiting(const std::string& name, const std::string& reason) {
  LiveRow& waiting = row(name);
  waiting.state = LiveState::waiting;
  waiting.text = "waiting " + clean_remark(reason, screen_);
  draw(Extent::window);
}

void LiveView::started(const std::string& name) {
  LiveRow& running = row(name);
  running.state = LiveState::running;
  running.text.clear();
  running.seconds = clock_();
  draw(Extent::window);
}

void LiveView::line(const std::string& name, const std::string& text) {
  LiveRow& running = row(name);
  std::string remark = clean_remark(text, screen_);
  if (running.state == LiveState::running && !remark.empty()) running.text = std::move(remark);
  if (verbosity_ == Verbosity::verbose) scroll(name, text);
  draw_if_due();
}

void LiveView::note(const std::string& name, const std::string& text) {
  scroll(name, "larder: " + text);
  draw(Extent::window);
}

void LiveView::finished(const std::string& name, builds::TargetOutcome outcome, double seconds) {
  LiveRow& done = row(name);
  done.state = LiveState::finished;
  done.outcome = outcome;
  done.seconds = seconds;
  draw(Extent::window);
}

void LiveView::tick() { draw_if_due(); }

void LiveView::end() { draw(Extent::all); }

void LiveView::scroll(const std::string& name, const std::string& text) {
  size_t width = 0;
  for (const LiveRow& row : rows_) width = std::max(width, display_columns(row.name));
  scrolled_ += prefixed_line(name, width, clean_line(text, scrolled_style(screen_)));
}

void LiveView::follow_window() {
  winsize size{};
  if (::ioctl(screen_.fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return;
  resized_ = resized_ || size.ws_col != screen_.columns || size.ws_row != screen_.rows;
  screen_.columns = size.ws_col;
  screen_.rows = size.ws_row;
}

/// Back to the block's first line. In a window that became narrower, terminals break lines that were one.
std::string LiveView::erase_drawn() const {
  size_t up = 0;
  for (const FrameLine& line : drawn_)
    up += std::max<size_t>(1, (line.columns + screen_.columns - 1) / std::max(screen_.columns, 1U));
  up = std::min<size_t>(up, std::max(screen_.rows, 1U) - 1);
  std::string codes = up == 0 ? "\r" : fmt::format("\r\x1b[{}A", up);
  if (!scrolled_.empty() || resized_) codes += "\x1b[J";
  return codes;
}

void LiveView::draw(Extent extent) {
  follow_window();
  // One column and one row stay free: a line that fills its row leaves the cursor in a place where terminals differ.
  const FrameStyle style{screen_.colour, screen_.unicode, std::max(screen_.columns, 2U) - 1,
                         extent == Extent::all ? rows_.size() : std::max(screen_.rows, 2U) - 1};
  const double now = clock_();
  std::vector<FrameLine> lines = compose_frame(rows_, now, style);
  if (scrolled_.empty() && !resized_ && lines == drawn_) return;
  std::string output = drawn_.empty() ? "" : erase_drawn();
  output += scrolled_;
  for (const FrameLine& line : lines) output += line.text + "\x1b[K\n";
  if (lines.size() < drawn_.size()) output += "\x1b[J";
  write_text(screen_.fd, output);
  scrolled_.clear();
  resized_ = false;
  drawn_ = std::move(lines);
  drawn_at_ = now;
}

void LiveView::draw_if_due() {
  if (clock_() - drawn_at_ >= redraw_seconds_min || scrolled_.size() > scrolled_bytes_max) draw(Extent::window);
}

}  // namespace larder::cli
