#pragma once

#include <string>

namespace larder::engine {

/// How many processes and threads a user's sandbox may have at once.
inline constexpr int processes_max = 8192;

/// The highest number that a process in a sandbox may get, and with that how many there may be of root's: what the
/// kernel's own limit was for long, so that programs are used to numbers that come again.
inline constexpr int process_number_max = 32768;

/// Keeps a runaway build from filling the machine with processes. Is called in the first process of a sandbox's pid
/// namespace, at whose /proc that namespace's settings are; what a kernel cannot limit stays unlimited.
///
/// RLIMIT_NPROC counts what runs in the sandbox's user namespace (since Linux 5.14; before, all processes of the user),
/// and lets root have any number. A pid namespace has a pid_max of its own since Linux 6.14.
void limit_processes();

/// Whether a kernel of this release (uname(2)) has a pid_max for each pid namespace. An older one has a single one for
/// the whole machine, which must not be touched. Pure.
bool has_own_pid_max(const std::string& release);

}  // namespace larder::engine
