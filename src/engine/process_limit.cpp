#include "engine/process_limit.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/unique_fd.hpp"

namespace larder::engine {
namespace {

void limit_number_of_users() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NPROC, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max = std::min(limit.rlim_max, rlim_t{processes_max});
  (void)::setrlimit(RLIMIT_NPROC, &limit);
}

void limit_numbers() {
  utsname kernel{};
  if (::uname(&kernel) != 0 || !has_own_pid_max(kernel.release)) return;
  const UniqueFd file(::open("/proc/sys/kernel/pid_max", O_WRONLY | O_CLOEXEC));
  const std::string text = std::to_string(process_number_max);
  if (file) (void)!::write(file.get(), text.data(), text.size());
}

}  // namespace

void limit_processes() {
  limit_number_of_users();
  limit_numbers();
}

bool has_own_pid_max(const std::string& release) {
  int major = 0;
  int minor = 0;
  if (std::sscanf(release.c_str(), "%d.%d", &major, &minor) != 2) return false;
  return major > 6 || (major == 6 && minor >= 14);
}

}  // namespace larder::engine
