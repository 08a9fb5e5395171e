#pragma once

#include <string>

#include "base/os.hpp"

namespace larder::builds {

/// The text of a makefile or source; its path is absolute. An error where it has more than 16 MiB, as none has that
/// people write.
Result<std::string> source_text(Os& os, const std::string& path);

}  // namespace larder::builds
