#pragma once

#include "builds/plan/make_plan.hpp"
#include "builds/run/open_engine.hpp"
#include "cli/command_line.hpp"

namespace larder::cli {

/// Adds --engine, --image, --pull, --cpus and --memory to a command.
void add_env_option(const Command& command, builds::Request& request);
void add_engine_options(const Command& command, builds::Request& request);

/// Writes a line to stderr where the engine was chosen for the user, and one where the engine has a price.
void tell_engine(const builds::Plan& plan, const builds::OpenEngine& opened);

}  // namespace larder::cli
