#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "builds/run/runner.hpp"

namespace larder::cli {

/// A build's result as a table with a line per target and per binary; paths below `folder` are shown relative to it.
std::string format_summary(const builds::BuildResult& report, const std::string& folder);

/// A build's result as JSON with stable field names, which docs/commands/build.md lists.
nlohmann::json to_json(const builds::BuildResult& report);

/// Writes to stderr, for each target that failed, the reason and the path of its log, and before it the last lines of
/// its output, unless all of it is on the screen already.
void print_failures(const builds::BuildResult& report, bool output_shown = false);

/// The exit code of a build: 130 when it was interrupted, else that of the worst target: 3, 2, 1 or 0.
int exit_code(const builds::BuildResult& report);

}  // namespace larder::cli
