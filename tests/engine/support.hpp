#pragma once

#include <poll.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "engine/native.hpp"
#include "support/child.hpp"
#include "support/files.hpp"
#include "support/overlay.hpp"
#include "support/store_kit.hpp"
#include "support/temp_dir.hpp"

namespace larder::engine {

struct RunResult {
  Ending ending;
  std::string output;
};

/// Reads what the fd has for the reader until `wanted` has come, or to the end.
inline std::string read_until(int fd, const std::string& wanted) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (wanted.empty() || text.find(wanted) == std::string::npos) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count <= 0) break;  // EIO is how a terminal ends
    text.append(buffer.data(), static_cast<size_t>(count));
  }
  return text;
}

inline std::string read_all(int fd) { return read_until(fd, ""); }

/// Adds the machine's system folders to the root, as links where they are links.
inline void add_system(Spec& spec) {
  namespace fs = std::filesystem;
  for (const char* folder : {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
    if (fs::is_symlink(folder))
      spec.links.push_back({fs::read_symlink(folder).string(), folder});
    else if (fs::is_directory(folder))
      spec.root.push_back({folder, folder});
  }
}

}  // namespace larder::engine
