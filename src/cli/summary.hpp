#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "builds/run/runner.hpp"

namespace larder::cli {

/// A line per target and per binary; paths below `folder` are shown relative to it.
std::string format_summary(const builds::BuildResult& report, const std::string& folder);

/// Stable field names; docs/commands/build.md lists them.
nlohmann::json to_json(const builds::BuildResult& report);

/// On stderr: for each target that failed, why, its last lines and where its log lies.
void print_failures(const builds::BuildResult& report);

/// 130 when interrupted, else that of the worst target: 3, 2, 1 or 0.
int exit_code(const builds::BuildResult& report);

}  // namespace larder::cli
