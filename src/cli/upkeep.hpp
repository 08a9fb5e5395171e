#pragma once

#include "store/space/prune.hpp"

namespace larder::cli {

/// Whether this runs in CI. There the machine may vanish right after the command, so nothing is left to a background
/// process.
bool in_ci();

/// Settles what a command has sealed in the store and keeps the limits: in the background, or at once in CI.
Status keep_up(const store::Store& store, const store::Limits& limits);

}  // namespace larder::cli
