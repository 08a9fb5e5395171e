#pragma once

#include <span>

#include "engine/engine.hpp"

namespace larder::engine {

/// The system calls that a sandbox may use, as a program for the kernel (seccomp(2)). It is compiled from
/// seccomp/rules.hpp while Larder is built.
std::span<const unsigned char> seccomp_filter(Namespaces namespaces);

}  // namespace larder::engine
