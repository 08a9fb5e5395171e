#pragma once

#include <string>

namespace larder {

/// Gives the value of a variable of this process's environment; empty where it is not set.
std::string environment(const std::string& name);

/// Whether CI is set, to anything but "false": then nobody sits there, and what runs is as whoever set it wants it.
bool is_ci();

}  // namespace larder
