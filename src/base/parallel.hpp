#pragma once

#include <functional>

#include "base/result.hpp"

namespace larder {

/// Gives the number of threads that work side by side: one a core.
unsigned worker_count();

/// Calls `work(worker, index)` for every index below `count`, on `workers` threads, of which the caller's is one;
/// `worker`, below their number, says on which. After the first error, which is returned, no more work is begun.
Status in_parallel(size_t count, unsigned workers, const std::function<Status(unsigned worker, size_t index)>& work);

}  // namespace larder
