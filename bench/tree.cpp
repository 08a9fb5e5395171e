#include "tree.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <vector>

#include "base/sha256.hpp"

namespace larder::bench {
namespace {

constexpr int files_per_folder = 100;
constexpr size_t piece_bytes = 256 * 1024;

std::string folder_of(const std::string& root, int file) { return fmt::format("{}/{}", root, file / files_per_folder); }

std::string path_of(const std::string& root, int file) {
  return fmt::format("{}/{}.rlib", folder_of(root, file), file);
}

std::string random_bytes(size_t size, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string bytes;
  while (bytes.size() < size) {
    const uint64_t word = random();
    bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  return bytes;
}

/// Each file starts elsewhere in the same random bytes, so that making them costs next to nothing.
Status write_file(Os& os, const std::string& path, uint64_t size, const std::string& noise, size_t start) {
  TRY_ASSIGN(const UniqueFd fd, os.open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0644));
  for (uint64_t left = size; left > 0;) {
    const auto piece = std::min<uint64_t>(left, noise.size() - start);
    TRY(os.write_all(fd.get(), std::string_view(noise).substr(start, piece)));
    left -= piece;
    start = 0;
  }
  return {};
}

Status hash_file(Os& os, const std::string& path, std::vector<char>& buffer) {
  TRY_ASSIGN(const UniqueFd fd, os.open(AT_FDCWD, path, O_RDONLY));
  Sha256 hash;
  while (true) {
    TRY_ASSIGN(const size_t count, os.read(fd.get(), buffer.data(), buffer.size()));
    if (count == 0) break;
    hash.update(buffer.data(), count);
  }
  (void)hash.finish();
  return {};
}

}  // namespace

Status write_tree(Os& os, const std::string& folder, const TreeShape& shape, uint64_t seed) {
  const std::string noise = random_bytes(piece_bytes, seed);
  const uint64_t size = shape.bytes / static_cast<uint64_t>(std::max(1, shape.files));
  for (int file = 0; file < shape.files; ++file) {
    if (file % files_per_folder == 0) TRY(make_dirs(os, AT_FDCWD, folder_of(folder, file)));
    TRY(write_file(os, path_of(folder, file), size, noise, static_cast<size_t>(file) * 61 % piece_bytes));
  }
  return {};
}

Status hash_tree(Os& os, const std::string& folder, const TreeShape& shape) {
  std::vector<char> buffer(piece_bytes);
  for (int file = 0; file < shape.files; ++file) TRY(hash_file(os, path_of(folder, file), buffer));
  return {};
}

}  // namespace larder::bench
