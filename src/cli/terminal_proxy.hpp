#pragma once

#include "engine/engine.hpp"

namespace larder::cli {

/// Connects the caller's terminal with the one in the sandbox (raw mode, window size) until the process has ended, and
/// then puts the caller's terminal back as it was.
Result<engine::Ending> proxy_terminal(engine::Process& process);

/// Waits for a process that uses the caller's own input and output; passes Ctrl-C on to it, and ends it at the second.
Result<engine::Ending> wait_inherited(engine::Process& process);

/// Runs the command with the caller's input and output, in a terminal of its own where the caller has one, and gives
/// its exit code.
Result<int> run_for_caller(engine::Engine& engine, engine::Spec spec);

}  // namespace larder::cli
