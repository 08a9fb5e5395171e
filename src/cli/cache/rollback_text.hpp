#pragma once

#include <string>

#include "store/branch/generation.hpp"

namespace larder::cli {

/// A sentence about what a rollback from `from` to `to` did, and how to take it back. `name` names the volume on the
/// command line, and the time is in seconds since 1970.
std::string format_rollback(const std::string& name, const store::Generation& from, const store::Generation& to,
                            int64_t now_seconds);

}  // namespace larder::cli
