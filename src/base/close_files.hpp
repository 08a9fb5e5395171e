#pragma once

#include <vector>

namespace larder {

/// Closes all descriptors but 0, 1, 2 and `kept`, in a process that goes on without its parent's work. One that stayed
/// open would keep whoever waits for the end of a pipe, or for a lock.
void close_all_but(std::vector<int> kept);

/// Makes those of 0, 1 and 2 that are closed /dev/null. The next file that is opened would have such a number, and what
/// is printed would be written to it.
void open_missing_streams();

/// Makes 0, 1 and 2 /dev/null, so that nobody who reads what the parent writes has to wait for this process.
void leave_standard_streams();

}  // namespace larder
