#include "base/user_namespace.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <vector>

#include "base/container.hpp"
#include "base/in_child.hpp"
#include "base/os.hpp"
#include "base/pipe.hpp"
#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "base/user_name.hpp"

namespace larder {
namespace {

constexpr double helper_seconds_max = 30;
constexpr size_t id_file_bytes_max = size_t{16} << 20;

std::string read_text(const char* file) {
  Os os;
  return read_file(os, AT_FDCWD, file, id_file_bytes_max).value_or("");
}

std::string first_line(const char* file) {
  const std::string text = read_text(file);
  return text.substr(0, text.find('\n'));
}

/// A container's filter refuses with the same number as the kernel does in a chroot.
bool is_as_in_chroot(int number) { return number == EPERM && user_namespace_remedy().empty() && !has_seccomp_filter(); }

tl::unexpected<Error> forbidden(int number) {
  Error error = sys_error(number, "this system forbids user namespaces, which the sandbox is made of");
  const std::string command = user_namespace_remedy();
  error.hint = !command.empty() ? "allow them: `" + command + "`"
               : is_as_in_chroot(number)
                   ? chroot_remedy
                   : "in a container: start it with " + container_options() + "; else see `larder doctor`";
  return fail(std::move(error));
}

Status write_proc(const std::string& file, const std::string& text) {
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd || ::write(fd.get(), text.data(), text.size()) < 0) return forbidden(errno);
  return {};
}

struct Ids {
  uid_t user;
  gid_t group;
};

Status map_caller(Ids inside, Ids outside) {
  TRY(write_proc("/proc/self/setgroups", "deny"));
  TRY(write_proc("/proc/self/uid_map", fmt::format("{} {} 1", inside.user, outside.user)));
  return write_proc("/proc/self/gid_map", fmt::format("{} {} 1", inside.group, outside.group));
}

/// Each range of ids that this namespace has, as it is.
std::string same_ids(const char* file) {
  std::string map;
  std::istringstream text(read_text(file));
  uint32_t inside = 0;
  uint32_t outside = 0;
  uint32_t count = 0;
  while (text >> inside >> outside >> count) map += fmt::format("{0} {0} {1}\n", inside, count);
  return map;
}

/// Files in a checkout may be anybody's: root reads and writes them all.
Status map_everybody(pid_t process) {
  TRY(write_proc(fmt::format("/proc/{}/uid_map", process), same_ids("/proc/self/uid_map")));
  return write_proc(fmt::format("/proc/{}/gid_map", process), same_ids("/proc/self/gid_map"));
}

/// Root needs no subordinate ids: all are its own.
Status map_as_root(pid_t process) {
  TRY(write_proc(fmt::format("/proc/{}/uid_map", process), map_of_first_ids(read_text("/proc/self/uid_map"))));
  return write_proc(fmt::format("/proc/{}/gid_map", process), map_of_first_ids(read_text("/proc/self/gid_map")));
}

Result<IdRange> find_ids(const char* file) {
  const std::string name = user_name(::getuid());
  if (auto range = find_id_range(parse_id_ranges(read_text(file)), name, ::getuid())) return std::move(*range);
  return fail(ErrorCode::environment, "this user has no subordinate ids, which an image is prepared with",
              fmt::format("{} has no range of {} for {}", file, subordinate_ids_needed, name),
              "`larder doctor` names the command that gives them");
}

/// newuidmap(1) and newgidmap(1) may do what the kernel lets root alone do.
Status map_with_helper(const char* program, const char* file, pid_t process, uint32_t own) {
  TRY_ASSIGN(const IdRange range, find_ids(file));
  const std::string path = find_in_path(program);
  if (path.empty())
    return fail(ErrorCode::environment, "an image cannot be prepared without subordinate ids",
                fmt::format("there is no program {}", program), "`larder doctor` names the package that has it");
  TRY_ASSIGN(const Completed done, run_program({path, std::to_string(process), "0", std::to_string(own), "1", "1",
                                                std::to_string(range.first), std::to_string(subordinate_ids_needed)},
                                               helper_seconds_max));
  if (done.exit_code == 0) return {};
  return fail(ErrorCode::environment, fmt::format("{} gives no subordinate ids", program), last_line(done.errors),
              "see `larder doctor`");
}

Status map_root(pid_t process) {
  if (::geteuid() == 0) return map_as_root(process);
  TRY(map_with_helper("newuidmap", "/etc/subuid", process, ::getuid()));
  return map_with_helper("newgidmap", "/etc/subgid", process, ::getgid());
}

/// The kernel takes such maps from outside of the new namespace only: so from a child that stays there.
class Mapper {
 public:
  using Map = Status (*)(pid_t process);

  static Result<Mapper> start(Map map) {
    TRY_ASSIGN(Pipe ready, make_pipe());
    TRY_ASSIGN(Pipe failure, make_pipe());
    const pid_t process = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) return fail_sys(errno, "cannot fork");
    if (child == 0) {
      ready.write.reset();
      char byte = 0;
      if (::read(ready.read.get(), &byte, 1) != 1) ::_exit(1);
      if (const Status mapped = map(process); !mapped) send_error(failure.write.get(), mapped.error());
      ::_exit(0);
    }
    return Mapper(child, std::move(ready.write), std::move(failure.read));
  }

  /// Once this process is in the new namespace.
  Status finish() {
    (void)!::write(ready_.get(), "", 1);
    Status mapped = receive_error(failure_.get());
    while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
    }
    return mapped;
  }

 private:
  Mapper(pid_t child, UniqueFd ready, UniqueFd failure)
      : child_(child), ready_(std::move(ready)), failure_(std::move(failure)) {}

  pid_t child_;
  UniqueFd ready_;
  UniqueFd failure_;
};

Status become_root() {
  if (::setgroups(0, nullptr) == 0 && ::setresgid(0, 0, 0) == 0 && ::setresuid(0, 0, 0) == 0) return {};
  return fail_sys(errno, "cannot become root in a user namespace");
}

}  // namespace

std::string user_namespace_remedy() {
  if (first_line("/proc/sys/user/max_user_namespaces") == "0") return "sudo sysctl -w user.max_user_namespaces=15000";
  if (first_line("/proc/sys/kernel/unprivileged_userns_clone") == "0")
    return "sudo sysctl -w kernel.unprivileged_userns_clone=1";
  if (first_line("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1")
    return "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
  return {};
}

bool refuses_as_in_chroot() {
  const Status tried = in_child([]() -> Status {
    if (::unshare(CLONE_NEWUSER) == 0) return {};
    return fail_sys(errno, "cannot make a user namespace");
  });
  return !tried && is_as_in_chroot(tried.error().sys_errno);
}

std::string map_of_first_ids(const std::string& own_map) {
  std::string map;
  std::istringstream text(own_map);
  uint32_t next = 0;
  uint32_t inside = 0;
  uint32_t outside = 0;
  uint32_t count = 0;
  while (next < subordinate_ids_needed && text >> inside >> outside >> count && inside == next) {
    count = std::min(count, subordinate_ids_needed - next);
    map += fmt::format("{0} {0} {1}\n", inside, count);
    next += count;
  }
  return map.empty() ? "0 0 1\n" : map;
}

std::vector<IdRange> parse_id_ranges(const std::string& text) {
  std::vector<IdRange> ranges;
  for (const std::string& line : split(text, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() != 3) continue;
    ranges.push_back(
        {fields[0], std::strtoull(fields[1].c_str(), nullptr, 10), std::strtoull(fields[2].c_str(), nullptr, 10)});
  }
  return ranges;
}

std::optional<IdRange> find_id_range(const std::vector<IdRange>& ranges, const std::string& name, uint32_t uid) {
  for (const IdRange& range : ranges)
    if ((range.owner == name || range.owner == std::to_string(uid)) && range.count >= subordinate_ids_needed)
      return range;
  return std::nullopt;
}

Status enter_user_namespace_as(uid_t uid, gid_t gid, int other_namespaces) {
  const Ids outside{::geteuid(), ::getegid()};
  if (::unshare(CLONE_NEWUSER | other_namespaces) != 0) return forbidden(errno);
  return map_caller({uid, gid}, outside);
}

Status enter_user_namespace(Identity identity, int other_namespaces) {
  const int flags = CLONE_NEWUSER | other_namespaces;
  if (identity == Identity::caller && ::geteuid() != 0)
    return enter_user_namespace_as(::geteuid(), ::getegid(), other_namespaces);
  TRY_ASSIGN(Mapper mapper, Mapper::start(identity == Identity::caller ? map_everybody : map_root));
  if (::unshare(flags) != 0) return forbidden(errno);
  TRY(mapper.finish());
  if (identity == Identity::caller) return {};
  return become_root();
}

}  // namespace larder
