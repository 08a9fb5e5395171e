#pragma once

#include "base/unique_fd.hpp"
#include "engine/engine.hpp"

namespace larder::engine {

struct Output {
  UniqueFd ours;    ///< to read from; of a terminal the master side; none when inherited
  UniqueFd theirs;  ///< for the child
};
Result<Output> open_output(Stdio stdio);

// In a forked child:

/// Makes `theirs` the child's standard output and error, and of a terminal also its input, which else is empty. Changes
/// nothing for Stdio::inherited.
Status redirect(Stdio stdio, const UniqueFd& theirs);

/// Restores the signal handlers and the mask that a program expects at its start.
void restore_signals();

}  // namespace larder::engine
