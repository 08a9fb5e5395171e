#include "cli/view/plain_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace larder::cli {
namespace {

std::string outcome_text(builds::TargetOutcome outcome, double seconds) {
  switch (outcome) {
    case builds::TargetOutcome::success:
      return fmt::format("finished in {}", format_seconds(seconds));
    case builds::TargetOutcome::failed:
      return fmt::format("failed after {}", format_seconds(seconds));
    case builds::TargetOutcome::interrupted:
      return fmt::format("interrupted after {}", format_seconds(seconds));
    case builds::TargetOutcome::skipped:
      break;
  }
  return "skipped";
}

/// Builds have a locale of their own, in which compilers write typography's quotation marks. What programs read, as
/// problem matchers do, has those that they look for; the log is as the compiler wrote it.
Charset charset_for(const Screen& screen) {
  if (!screen.terminal) return Charset::plain_quotes;
  return screen.unicode ? Charset::utf8 : Charset::ascii;
}

TextStyle style_for(const Screen& screen) {
  return {screen.colour ? Colours::keep : Colours::drop, screen.terminal ? Tabs::expand : Tabs::keep,
          charset_for(screen)};
}

}  // namespace

PlainView::PlainView(const Screen& screen) : fd_(screen.fd), style_(style_for(screen)) {}

void PlainView::begin(const std::vector<std::string>& names) {
  width_ = 0;
  for (const std::string& name : names) width_ = std::max(width_, display_columns(name));
}

void PlainView::own_line(const std::string& name, const std::string& text) { line(name, "larder: " + text); }

void PlainView::waiting(const std::string& name, const std::string& reason) {
  if (std::exchange(reasons_[name], reason) != reason) own_line(name, "waiting " + reason);
}

void PlainView::started(const std::string& name) {
  reasons_.erase(name);
  own_line(name, "started");
}

void PlainView::line(const std::string& name, const std::string& text) {
  write_text(fd_, prefixed_line(name, width_, clean_line(text, style_)));
}

void PlainView::note(const std::string& name, const std::string& text) { own_line(name, text); }

void PlainView::finished(const std::string& name, builds::TargetOutcome outcome, double seconds) {
  own_line(name, outcome_text(outcome, seconds));
}

QuietView::QuietView(const Screen& screen) : fd_(screen.fd), style_(style_for(screen)) {}

void QuietView::waiting(const std::string& name, const std::string& reason) {
  if (std::exchange(reasons_[name], reason) == reason) return;
  write_text(fd_, fmt::format("larder: {} is waiting {}\n", name, clean_line(reason, style_)));
}

}  // namespace larder::cli
