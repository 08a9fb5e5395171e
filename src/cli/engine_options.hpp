#pragma once

#include <CLI/CLI.hpp>

#include "build/plan.hpp"

namespace larder::cli {

/// --engine, --image, --pull, --cpus and --memory.
void add_engine_options(CLI::App& command, build::Request& request);

/// One line on stderr where the engine was chosen for the user, or has a price.
void tell_engine(const build::Plan& plan);

}  // namespace larder::cli
