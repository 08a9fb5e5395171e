#pragma once

#include <memory>

#include "base/time.hpp"
#include "builds/watch/progress.hpp"
#include "cli/view/screen.hpp"
#include "cli/view/verbosity.hpp"

namespace larder::cli {

/// The view of a running build that suits the screen.
///
/// A terminal gets one live line per target (name, state, seconds, the last line of its output), rewritten in place;
/// with Verbosity::verbose all output scrolls above them. Other screens get plain lines "x64      | text", whole at a
/// time. A quiet view shows nothing but the other builds that this one waits for. Control characters in the output are
/// never passed to the terminal, but for colours where colours are allowed. After end() the live view's lines stay,
/// with the cursor below them.
std::unique_ptr<builds::Progress> make_progress(const Screen& screen, Verbosity verbosity,
                                                Clock clock = steady_seconds);

/// Whether that view leaves all output of the builds on the screen.
bool shows_output(const Screen& screen, Verbosity verbosity);

}  // namespace larder::cli
