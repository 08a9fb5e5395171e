#pragma once

#include <string>
#include <vector>

#include "builds/plan/plan.hpp"

namespace larder::builds {

/// What to do about a build that failed for want of a file which is there on this machine but not shown to builds, by
/// the last lines of its output: the line for larder.toml that shows it. Empty: no such file is named there.
std::string outside_hint(const Workspace& workspace, const std::vector<std::string>& last_lines);

/// What to do about a build that wanted to write outside of the project's folder, as the last lines of its output tell;
/// empty where they do not.
std::string written_outside_hint(const Plan& plan, const std::vector<std::string>& last_lines);

}  // namespace larder::builds
