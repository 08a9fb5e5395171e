#pragma once

#include <string>

namespace larder {

/// Gives 16 hexadecimal digits of the kernel's randomness: short enough for overlay mount options, and with 64 bits
/// never met twice in one store.
std::string random_id();

}  // namespace larder
