#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/os.hpp"

namespace larder {

constexpr size_t hash_buffer_bytes = 256 * 1024;

/// Gives the SHA-256 of the open file's content from its position on. `buffer` has at least one byte; `progress`, where
/// there is one, gets the number of bytes of each read.
Result<std::string> hash_file(Os& os, int fd, std::vector<char>& buffer,
                              const std::function<void(size_t bytes)>& progress = {});
/// The same digest as its 32 bytes.
Result<std::array<uint8_t, 32>> hash_file_bytes(Os& os, int fd, std::vector<char>& buffer,
                                                const std::function<void(size_t bytes)>& progress = {});

}  // namespace larder
