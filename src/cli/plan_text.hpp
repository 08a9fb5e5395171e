#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "builds/plan/plan.hpp"

namespace larder::cli {

/// A plan as a table for people, which `larder build --dry-run` prints: the project's rows, then each target's.
std::string describe(const builds::Plan& plan);

/// A plan as JSON, which `larder build --dry-run --json` prints; docs/commands/build.md has the names of its fields.
nlohmann::json to_json(const builds::Plan& plan);

}  // namespace larder::cli
