#pragma once

#include <string>

#include "builds/plan/plan.hpp"

namespace larder::builds {

/// Says which variables of the caller's environment the tool would go by without Larder, and a build does not; empty:
/// none.
std::string note_on_variables(const Plan& plan);

/// The same of keys in the user's own settings of the tool.
std::string note_on_user_settings(const Plan& plan);

}  // namespace larder::builds
