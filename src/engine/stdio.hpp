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

/// Makes `theirs` 1 and 2, of a terminal also 0, which else is empty. Changes nothing for Stdio::inherited.
Status redirect(Stdio stdio, const UniqueFd& theirs);

/// As a program expects them at its start.
void restore_signals();

}  // namespace larder::engine
