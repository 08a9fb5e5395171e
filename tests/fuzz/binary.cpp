#include "base/binary.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/fuzz.hpp"

using namespace larder;

/// Programs, libraries and archives.
FUZZ_TARGET(binary) {
  static const std::string folder = [] {
    std::string name = "/dev/shm/larder-fuzz-XXXXXX";
    fuzz::must(::mkdtemp(name.data()) != nullptr);
    return name;
  }();
  Os os;
  const int file = ::open((folder + "/file").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  fuzz::must(file >= 0 && ::write(file, input.data(), input.size()) == static_cast<ssize_t>(input.size()));
  ::close(file);
  if (const auto binary = identify_binary(os, AT_FDCWD, folder + "/file"); binary && *binary)
    static_cast<void>(describe(**binary));
  static_cast<void>(identify_archive(os, AT_FDCWD, folder + "/file"));
  ::unlink((folder + "/file").c_str());
}
