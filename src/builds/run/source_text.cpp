#include "builds/run/source_text.hpp"

#include <fcntl.h>

namespace larder::builds {

Result<std::string> source_text(Os& os, const std::string& path) {
  constexpr size_t bytes_max = size_t{16} << 20U;
  return read_file(os, AT_FDCWD, path, bytes_max);
}

}  // namespace larder::builds
