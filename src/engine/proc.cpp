#include "engine/proc.hpp"

#include <fcntl.h>
#include <sys/mount.h>

#include <array>
#include <cerrno>

#include "base/container.hpp"
#include "base/unique_fd.hpp"

namespace larder::engine {
namespace {

constexpr std::array read_only = {"sys", "sysrq-trigger", "irq", "bus", "fs"};
constexpr std::array masked_files = {"kcore",      "keys",        "key-users",  "latency_stats",
                                     "timer_list", "timer_stats", "sched_debug"};
constexpr std::array masked_folders = {"acpi", "asound", "scsi",
                                       "1"};  // and the first process, which is not the build's

/// Kernels differ in what they have there.
Status unless_absent(int result, const std::string& path) {
  if (result == 0 || errno == ENOENT) return {};
  return fail_sys(errno, "cannot close " + path + " to the sandbox");
}

Status make_read_only(const std::string& path) {
  if (::mount(path.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0) return unless_absent(-1, path);
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  return unless_absent(::mount_setattr(AT_FDCWD, path.c_str(), 0, &attributes, sizeof attributes), path);
}

Status cover(const std::string& proc) {
  for (const char* name : read_only) TRY(make_read_only(proc + name));
  for (const char* name : masked_files)
    TRY(unless_absent(::mount("/dev/null", (proc + name).c_str(), nullptr, MS_BIND, nullptr), proc + name));
  constexpr unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY;
  for (const char* name : masked_folders)
    TRY(unless_absent(::mount("tmpfs", (proc + name).c_str(), "tmpfs", flags, nullptr), proc + name));
  return {};
}

/// Where something lies over parts of /proc, as in containers, the kernel lets nobody but the machine's root have a new
/// one, which would show what is hidden.
tl::unexpected<Error> proc_refused(int number) {
  Error error = sys_error(number, "cannot mount /proc for the sandbox");
  if (number == EPERM) error.hint = "in a container: start it with " + container_options();
  return fail(std::move(error));
}

}  // namespace

Status mount_proc(const std::string& root) {
  const std::string point = root + "/proc";
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) return proc_refused(errno);
  const UniqueFd tree(::open_tree(AT_FDCWD, "/proc", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  const UniqueFd folder(
      ::open(point.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));  // an image may have links
  if (!tree || !folder ||
      ::move_mount(tree.get(), "", folder.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
    return fail_sys(errno, "cannot mount /proc in the sandbox");
  return cover(point + "/");
}

}  // namespace larder::engine
