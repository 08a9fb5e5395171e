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
#include "engine/overlay.hpp"

namespace larder::engine {
namespace {

/// A single layer needs no overlay to be read: what is looked up through one costs twice as much.
Status mount_layer(const std::string& layer, const std::string& where) {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_RDONLY;
  if (::mount(layer.c_str(), where.c_str(), nullptr, MS_BIND, nullptr) == 0 &&
      ::mount_setattr(AT_FDCWD, where.c_str(), 0, &attributes, sizeof attributes) == 0)
    return {};
  return fail_sys(errno, "cannot show " + layer + " in the sandbox");
}

Status mount_nothing(const VolumeMount& volume, const std::string& where) {
  if (::mount("tmpfs", where.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_RDONLY, nullptr) == 0) return {};
  return fail_sys(errno, "cannot mount an empty folder for " + volume.path);
}

}  // namespace

Status enter_namespaces(Identity identity) {
  TRY(enter_user_namespace(identity, CLONE_NEWNS));
  return own_mounts();
}

Status own_mounts() {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) == 0) return {};
  return fail_sys(errno, "cannot make the sandbox's mounts its own");
}

Status mount_volume(const VolumeMount& volume, const std::string& where) {
  const bool writable = !volume.upper.empty();
  Overlay overlay{volume.lowers, volume.upper, volume.work};
  UniqueFd folder;
  if (!volume.lowest_folder.empty()) {
    folder.reset(::open(volume.lowest_folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return fail_sys(errno, "cannot open " + volume.lowest_folder);
    overlay.lowers.insert(overlay.lowers.begin(), fmt::format("/proc/self/fd/{}", folder.get()));
  }
  // An overlay without an upper needs two lower folders; nothing at all is best shown by nothing.
  if (!writable && overlay.lowers.empty()) return mount_nothing(volume, where);
  if (!writable && overlay.lowers.size() == 1) return mount_layer(overlay.lowers.front(), where);
  if (overlay.lowers.empty()) overlay.lowers.emplace_back("empty");
  Status mounted = mount_overlay(overlay, where);
  if (mounted) return mounted;
  Error error = std::move(mounted.error());
  error.message = "cannot mount the overlay for " + volume.path;
  const std::string command = user_namespace_remedy();
  if (error.hint.empty())
    error.hint =
        error.sys_errno == EPERM && !command.empty()
            ? "allow it: `" + command + "`"
            : "the store must lie on a file system that overlayfs can write to (ext4, xfs, btrfs, tmpfs); LARDER_STORE "
              "names another place, `larder doctor` examines this one";
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

bool can_be_layer(const std::string& folder, const std::string& store_path) {
  const Status tried = in_child([&]() -> Status {
    if (!enter_namespaces(Identity::caller)) return {};
    return mount_overlay({{folder, store_path + "/empty"}, {}, {}}, folder);
  });
  return tried.has_value();
}

}  // namespace larder::engine
