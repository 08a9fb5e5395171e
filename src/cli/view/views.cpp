#include "cli/view/views.hpp"

#include <utility>

#include "cli/view/live_view.hpp"
#include "cli/view/plain_view.hpp"

namespace larder::cli {

std::unique_ptr<builds::Progress> make_progress(const Screen& screen, Verbosity verbosity, Clock clock) {
  if (verbosity == Verbosity::quiet) return std::make_unique<QuietView>(screen);
  if (screen.terminal) return std::make_unique<LiveView>(screen, verbosity, std::move(clock));
  return std::make_unique<PlainView>(screen);
}

bool shows_output(const Screen& screen, Verbosity verbosity) {
  return verbosity == Verbosity::verbose || (verbosity == Verbosity::normal && !screen.terminal);
}

}  // namespace larder::cli
