#pragma once

#include "builds/plan/plan.hpp"
#include "cli/command_line.hpp"

namespace larder::cli {

/// --engine, --image, --pull, --cpus and --memory.
void add_engine_options(const Command& command, builds::Request& request);

/// One line on stderr where the engine was chosen for the user, or has a price.
void tell_engine(const builds::Plan& plan);

}  // namespace larder::cli
