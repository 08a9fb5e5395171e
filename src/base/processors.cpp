#include "base/processors.hpp"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/text.hpp"

namespace larder {
namespace {

std::string file_text(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// cpu.max holds the quota and its period in one line (cgroup-v2.rst); "max" is no quota.
std::optional<double> quota_in_v2(const std::string& folder) {
  std::istringstream text(file_text(folder + "/cpu.max"));
  double quota = 0;
  double period = 0;
  if (!(text >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

/// -1 is no quota (sched-bwc.rst).
std::optional<double> quota_in_v1(const std::string& folder) {
  std::istringstream text(file_text(folder + "/cpu.cfs_quota_us") + " " + file_text(folder + "/cpu.cfs_period_us"));
  double quota = 0;
  double period = 0;
  if (!(text >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

using ReadQuota = std::optional<double> (*)(const std::string& folder);

/// The least quota of the group and those above it. In a container the group's path may be the machine's, which is not
/// mounted there: the topmost folder is then the container's own.
std::optional<double> least_quota(const std::string& top, std::string group, ReadQuota read) {
  std::optional<double> least;
  while (true) {
    if (const auto quota = read(top + group)) least = std::min(least.value_or(*quota), *quota);
    if (group.empty()) return least;
    group.erase(group.rfind('/'));
  }
}

int allowed_by_affinity() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  const int count = ::sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 0;
  return count > 0 ? count : static_cast<int>(std::thread::hardware_concurrency());  // more than the set has room for
}

}  // namespace

std::optional<double> processor_quota(const std::string& root) {
  std::optional<double> least;
  for (const std::string& line : split(file_text(root + "/proc/self/cgroup"), '\n')) {
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    const std::string group = path.starts_with('/') && path != "/" ? path : "";
    std::optional<double> quota;
    if (controllers.empty())
      quota = least_quota(root + "/sys/fs/cgroup", group, quota_in_v2);
    else if (contains(split(controllers, ','), "cpu"))
      quota = least_quota(root + "/sys/fs/cgroup/cpu", group, quota_in_v1);
    if (quota) least = std::min(least.value_or(*quota), *quota);
  }
  return least;
}

uint64_t processes_ended_for_memory() {
  std::ifstream file("/proc/vmstat");
  uint64_t count = 0;
  for (std::string name; file >> name >> count;)
    if (name == "oom_kill") return count;
  return 0;
}

int available_processors() {
  const int allowed = allowed_by_affinity();
  const auto quota = processor_quota("");
  return std::max(1, quota ? std::min(allowed, static_cast<int>(*quota)) : allowed);
}

}  // namespace larder
