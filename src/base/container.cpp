#include "base/container.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/os.hpp"
#include "base/text.hpp"

namespace larder {
namespace {

constexpr const char* docker_options =
    "--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined";
constexpr const char* podman_options = "--security-opt seccomp=unconfined --security-opt unmask=ALL";

/// The inode of the machine's own pid namespace, PROC_PID_INIT_INO in the kernel's proc_ns.h.
constexpr ino_t machines_namespace = 0xEFFFFFFC;
constexpr int ancestors_max = 1000;

bool exists(const char* path) { return ::access(path, F_OK) == 0; }

std::string read_text(const std::string& path) {
  Os os;
  return read_file(os, AT_FDCWD, path, 65536).value_or("");
}

/// 0 where it is in another namespace, or gone. The name before it in the file may hold anything.
int parent_of(int process) {
  const std::string stat = read_text("/proc/" + std::to_string(process) + "/stat");
  const size_t name_end = stat.rfind(')');
  return name_end == std::string::npos || name_end + 4 > stat.size() ? 0 : std::atoi(stat.c_str() + name_end + 4);
}

bool is_init_system(const std::string& name) { return name == "systemd" || name.starts_with("init"); }

bool descends_from_first() {
  int process = ::getpid();
  for (int i = 0; process > 1 && i < ancestors_max; ++i) process = parent_of(process);
  return process == 1;
}

}  // namespace

bool in_container() {
  return exists("/.dockerenv") || exists("/run/.containerenv") || std::getenv("container") != nullptr;
}

std::string container_options() {
  if (exists("/run/.containerenv")) return std::string("`") + podman_options + "`";
  if (exists("/.dockerenv")) return std::string("`") + docker_options + "`";
  return std::string("`") + docker_options + "` (docker) or `" + podman_options + "` (podman)";
}

bool has_seccomp_filter() { return read_text("/proc/self/status").find("\nSeccomp:\t0\n") == std::string::npos; }

bool ends_with_this_process() {
  struct stat own {};
  if (::getpid() == 1) return true;
  if (::stat("/proc/self/ns/pid", &own) != 0 || own.st_ino == machines_namespace) return false;
  return !is_init_system(trim(read_text("/proc/1/comm"))) && descends_from_first();
}

}  // namespace larder
