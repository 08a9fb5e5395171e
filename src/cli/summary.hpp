#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "build/runner.hpp"

namespace larder::cli {

/// A line per target and per binary; paths below `folder` are shown relative to it.
std::string format_summary(const build::Report& report, const std::string& folder);

/// Stable field names; docs/commands/build.md lists them.
nlohmann::json to_json(const build::Report& report);

/// On stderr: for each target that failed, why, its last lines and where its log lies.
void print_failures(const build::Report& report);

/// 130 when interrupted, else that of the worst target: 3, 2, 1 or 0.
int exit_code(const build::Report& report);

}  // namespace larder::cli
