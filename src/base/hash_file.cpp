#include "base/hash_file.hpp"

#include "base/sha256.hpp"

namespace larder {

Result<std::string> hash_file(Os& os, int fd, std::vector<char>& buffer,
                              const std::function<void(size_t bytes)>& progress) {
  Sha256 hash;
  while (true) {
    TRY_ASSIGN(const size_t count, os.read(fd, buffer.data(), buffer.size()));
    if (count == 0) return hash.finish();
    hash.update(buffer.data(), count);
    if (progress) progress(count);
  }
}

}  // namespace larder
