#pragma once

#include "store/space/prune.hpp"

namespace larder::cli {

/// Whether nothing is left to a background process: in CI the machine may vanish right after the command, and in a
/// container everything ends with its first process.
bool must_settle_at_once();

/// Settles what a command has sealed in the store and keeps the limits: in the background, or at once.
Status keep_up(const store::Store& store, const store::Limits& limits);

}  // namespace larder::cli
