#include "engine/foreign.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

#include "base/binary.hpp"
#include "base/in_child.hpp"
#include "base/unique_fd.hpp"
#include "engine/namespaces.hpp"

namespace larder::engine {
namespace {

std::string escaped(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
  return text;
}

Status register_foreign(const ForeignPrograms& foreign, const std::string& where) {
  const std::string line = format_line(foreign);
  if (line.empty()) return fail(ErrorCode::environment, "no programs of " + foreign.machine + " can be registered");
  if (::mount("binfmt_misc", where.c_str(), "binfmt_misc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0)
    return fail_sys(errno, "cannot mount binfmt_misc");
  const UniqueFd file(::open((where + "/register").c_str(), O_WRONLY | O_CLOEXEC));
  if (file && ::write(file.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size())) return {};
  const int number = errno;
  (void)::umount2(where.c_str(), MNT_DETACH);
  return fail_sys(number, "cannot register the programs of " + foreign.machine);
}

/// Only root may register, and only where root is somebody: so a user is root in a namespace around the one that the
/// sandbox has.
Status register_as_root(const ForeignPrograms& foreign, const std::string& where) {
  TRY(enter_user_namespace_as(0, 0, CLONE_NEWNS));
  return register_foreign(foreign, where);
}

}  // namespace

std::string format_line(const ForeignPrograms& foreign) {
  const auto pattern = elf_pattern(foreign.machine);
  if (!pattern || foreign.emulator.find(':') != std::string::npos) return {};
  // F: the emulator is opened now; P: it gets the program's own argv[0], too.
  return fmt::format(":larder-{}:M::{}:{}:{}:FP", foreign.machine, escaped(pattern->bytes), escaped(pattern->mask),
                     foreign.emulator);
}

Status enter_namespaces_with(const ForeignPrograms& foreign, Identity identity, const std::string& where) {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  if (identity == Identity::root || uid == 0) {
    TRY(enter_namespaces(identity));
    (void)register_foreign(foreign, where);
    return {};
  }
  (void)register_as_root(foreign, where);
  TRY(enter_user_namespace_as(uid, gid, CLONE_NEWNS));
  return own_mounts();
}

bool can_register_foreign(const ForeignPrograms& foreign, const std::string& where) {
  const Status tried = in_child([&]() -> Status {
    if (::geteuid() != 0) return register_as_root(foreign, where);
    TRY(enter_namespaces(Identity::caller));
    return register_foreign(foreign, where);
  });
  return tried.has_value();
}

}  // namespace larder::engine
