#include "base/close_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace larder {

void close_all_but(std::vector<int> kept) {
  std::sort(kept.begin(), kept.end());
  unsigned next = 3;
  for (const int fd : kept) {
    const auto number = static_cast<unsigned>(fd);
    if (fd < 3) continue;
    if (number > next) (void)::close_range(next, number - 1, 0);
    next = std::max(next, number + 1);
  }
  (void)::close_range(next, ~0U, 0);
}

void open_missing_streams() {
  // The smallest number that is free is what open(2) gives.
  int fd = 0;
  do fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  while (fd >= 0 && fd <= STDERR_FILENO && ::fcntl(fd, F_SETFD, 0) == 0);
  if (fd > STDERR_FILENO) ::close(fd);
}

void leave_standard_streams() {
  const int null = ::open("/dev/null", O_RDWR);
  if (null < 0) ::_exit(1);
  for (const int fd : {0, 1, 2}) (void)::dup2(null, fd);
}

}  // namespace larder
