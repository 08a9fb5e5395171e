#pragma once

#include <string>

#include "base/binary.hpp"
#include "config/target.hpp"

namespace larder::builds {

/// Success when the target can run the binary: machine, format, interpreter and libc fit. The error says what the file
/// at `path` is and what it should be.
Status check_binary(const Binary& binary, const config::Target& target, const std::string& path);

}  // namespace larder::builds
