#pragma once

#include "store/space/prune.hpp"

namespace larder::cli {

/// In CI the machine may vanish right after the command, so nothing is left to a background process.
bool in_ci();

/// Settles what was prepared: in the background, or at once in CI.
Status keep_up(const store::Store& store, const store::Limits& limits);

}  // namespace larder::cli
