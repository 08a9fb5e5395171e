#pragma once

#include <string>
#include <vector>

#include "builds/plan/plan.hpp"
#include "config/target.hpp"

namespace larder::builds {

/// The targets that the caller has named, or `all`; else those of larder.toml, else `defaults`, else the machine's own.
/// Each once. ErrorCode::usage for a word that is no target.
Result<std::vector<config::Target>> choose_targets(const config::TargetTable& table, const config::Project& project,
                                                   const std::vector<std::string>& named, bool all,
                                                   const std::vector<std::string>& defaults);

/// The short names of what the project's own settings of the tool say is built, where nobody names a target.
/// ErrorCode::usage where they name what is no target here.
Result<std::vector<std::string>> default_targets(const config::TargetTable& table, const Plan& plan);

}  // namespace larder::builds
