#include "engine/namespaces.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

#include "base/in_child.hpp"
#include "base/os.hpp"
#include "base/random_id.hpp"

namespace larder::engine {
namespace {

/// mount(2) takes at most a page of options, so names are relative and folders from outside, which may hold commas
/// and colons, are given as descriptors.
std::string lower_option(const VolumeMount& volume, const std::string& folder) {
  std::string lowers;
  for (auto lower = volume.lowers.rbegin(); lower != volume.lowers.rend(); ++lower) lowers += *lower + ":";
  return "lowerdir=" + lowers + (folder.empty() ? "empty" : folder);
}

/// A single layer needs no overlay to be read: what is looked up through one costs twice as much.
Status mount_layer(const std::string& layer, const std::string& where) {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_RDONLY;
  if (::mount(layer.c_str(), where.c_str(), nullptr, MS_BIND, nullptr) == 0 &&
      ::mount_setattr(AT_FDCWD, where.c_str(), 0, &attributes, sizeof attributes) == 0)
    return {};
  return fail_sys(errno, "cannot show " + layer + " in the sandbox");
}

}  // namespace

Status enter_namespaces(Identity identity) {
  TRY(enter_user_namespace(identity, CLONE_NEWNS));
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) == 0) return {};
  return fail_sys(errno, "cannot make the sandbox's mounts its own");
}

Status mount_volume(const VolumeMount& volume, const std::string& where) {
  UniqueFd folder;
  std::string folder_name;
  if (!volume.lowest_folder.empty()) {
    folder.reset(::open(volume.lowest_folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return fail_sys(errno, "cannot open " + volume.lowest_folder);
    folder_name = fmt::format("/proc/self/fd/{}", folder.get());
  }
  // `userxattr`: marks that an ordinary user may write. `volatile`: durability is the settling's business, and copying
  // up is eight times faster without the kernel's own syncs. `index` off: layers may be merged and moved.
  std::string options = lower_option(volume, folder_name) + ",userxattr,index=off";
  const bool writable = !volume.upper.empty();
  if (!writable && folder_name.empty() && volume.lowers.size() == 1) return mount_layer(volume.lowers.front(), where);
  if (writable) options += ",volatile,upperdir=" + volume.upper + ",workdir=" + volume.work;
  // An overlay without an upper needs two lower folders; nothing at all is best shown by nothing.
  const bool nothing = !writable && folder_name.empty() && volume.lowers.empty();
  const char* type = nothing ? "tmpfs" : "overlay";
  const unsigned long flags = MS_NOSUID | MS_NODEV | (writable ? 0UL : static_cast<unsigned long>(MS_RDONLY));
  if (::mount(type, where.c_str(), type, flags, nothing ? nullptr : options.c_str()) == 0) return {};
  Error error = sys_error(errno, "cannot mount the overlay for " + volume.path);
  const std::string command = user_namespace_remedy();
  error.hint =
      errno == EPERM && !command.empty()
          ? "allow it: `" + command + "`"
          : "the store must lie on a file system that overlayfs can write to (ext4, xfs, btrfs, tmpfs), and not "
            "inside the project; LARDER_STORE names another place, `larder doctor` examines this one";
  return fail(std::move(error));
}

Status probe_overlay(const std::string& store_path) {
  Os os;
  const std::string base = store_path + "/transactions/probe-" + random_id();
  for (const char* part : {"", "/upper", "/work", "/merged", "/lower"}) TRY(os.mkdir(AT_FDCWD, base + part, 0700));
  Status probed = in_child([&]() -> Status {
    TRY(enter_namespaces(Identity::caller));
    if (::chdir(store_path.c_str()) != 0) return fail_sys(errno, "cannot enter " + store_path);
    return mount_volume({"the probe", {base + "/lower"}, base + "/upper", base + "/work", {}}, base + "/merged");
  });
  const auto removed = remove_tree(os, AT_FDCWD, base);
  if (probed && !removed) return fail(removed.error());
  return probed;
}

}  // namespace larder::engine
