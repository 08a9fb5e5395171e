#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace larder {

/// Gives how many processors this process may keep busy: by its affinity, which cpusets are part of, and by the quota
/// of its control groups; at least 1. A quota counts whole processors, as cargo counts it.
int available_processors();

/// Gives the number of processors that the quota of this process's control groups comes to, the least from its own
/// group up to the topmost; no value where none has a quota. Both versions of cgroups are read, below `root`, which is
/// where `proc` and `sys` lie: "" for the machine's own.
std::optional<double> processor_quota(const std::string& root);

/// Gives how many processes the kernel has ended for want of memory since the machine started; 0 where it does not
/// tell.
uint64_t processes_ended_for_memory();

}  // namespace larder
