#include "base/hash_file.hpp"

#include "base/sha256.hpp"

namespace larder {

namespace {

Status add_file(Os& os, int fd, std::vector<char>& buffer, const std::function<void(size_t bytes)>& progress,
                Sha256& hash) {
  while (true) {
    TRY_ASSIGN(const size_t count, os.read(fd, buffer.data(), buffer.size()));
    if (count == 0) return {};
    hash.update(buffer.data(), count);
    if (progress) progress(count);
  }
}

}  // namespace

Result<std::string> hash_file(Os& os, int fd, std::vector<char>& buffer,
                              const std::function<void(size_t bytes)>& progress) {
  Sha256 hash;
  TRY(add_file(os, fd, buffer, progress, hash));
  return hash.finish();
}

Result<std::array<uint8_t, 32>> hash_file_bytes(Os& os, int fd, std::vector<char>& buffer,
                                                const std::function<void(size_t bytes)>& progress) {
  Sha256 hash;
  TRY(add_file(os, fd, buffer, progress, hash));
  return hash.finish_bytes();
}

}  // namespace larder
