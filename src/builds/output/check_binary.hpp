#pragma once

#include <string>

#include "base/binary.hpp"
#include "config/target.hpp"

namespace larder::builds {

/// Success when the target can run the binary: machine, format, interpreter and libc fit. The error says what the file
/// at `path` is and what it should be. `wrong_libc` is what to do where it is for another libc; empty: what does for
/// any tool.
Status check_binary(const Binary& binary, const config::Target& target, const std::string& path,
                    const std::string& wrong_libc = {});

}  // namespace larder::builds
