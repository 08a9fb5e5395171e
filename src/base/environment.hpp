#pragma once

#include <string>

namespace larder {

/// Gives the value of a variable of this process's environment; empty where it is not set.
std::string environment(const std::string& name);

}  // namespace larder
