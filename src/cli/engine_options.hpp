#pragma once

#include "builds/plan/make_plan.hpp"
#include "builds/run/open_engine.hpp"
#include "cli/command_line.hpp"

namespace larder::cli {

/// --engine, --image, --pull, --cpus and --memory.
void add_engine_options(const Command& command, builds::Request& request);

/// One line on stderr where the engine was chosen for the user, or has a price.
void tell_engine(const builds::Plan& plan, const builds::OpenEngine& opened);

}  // namespace larder::cli
