#pragma once

#include <functional>
#include <vector>

#include "base/result.hpp"

namespace larder {

/// Runs `work` in a process that outlives this one and that nobody has to wait for: in a session of its own, with
/// /dev/null as its standard streams, and with no other descriptors than `kept`. It ends where `work` does. The caller
/// must be single-threaded.
Status in_background(std::vector<int> kept, const std::function<void()>& work);

}  // namespace larder
