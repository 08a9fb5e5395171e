#include "engine/root_tree.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/copy_file.hpp"
#include "engine/mount_points.hpp"
#include "engine/namespaces.hpp"

namespace larder::engine {
namespace {

constexpr off_t copied_bytes_max = 64 * 1024;

enum class Writes { no, yes };

Status mount_tmpfs(const std::string& path, const char* options) {
  if (::mount("tmpfs", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options) == 0) return {};
  return fail_sys(errno, "cannot mount a private folder at " + path);
}

/// Also for all that is mounted in it.
Status restrict_mount(const std::string& path, Writes writes) {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  if (writes == Writes::no) attributes.attr_set |= MOUNT_ATTR_RDONLY;
  if (::mount_setattr(AT_FDCWD, path.c_str(), AT_RECURSIVE, &attributes, sizeof attributes) == 0) return {};
  return fail_sys(errno, "cannot restrict the mount " + path);
}

Status bind_mount(const std::string& source, const std::string& path) {
  if (::mount(source.c_str(), path.c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0) return {};
  return fail_sys(errno, "cannot show " + source + " in the sandbox");
}

class RootTree {
 public:
  RootTree(const Spec& spec, std::string root) : spec_(spec), root_(std::move(root)) {}

  Status assemble() {
    TRY(mount_tmpfs(root_, "mode=755"));
    TRY(show_image());
    const Room room = make_room(spec_);
    TRY(show_room(room));
    TRY(make_points());
    TRY(restrict_mount(root_, Writes::no));
    TRY(show_devices());
    for (const std::string& dir : room.writable) TRY(mount_tmpfs(at(dir), "mode=755"));
    TRY(mount_tmpfs(at("/tmp"), "mode=1777"));
    if (!spec_.workspace.empty()) {
      TRY(bind_mount(spec_.workspace, at("/workspace")));
      TRY(restrict_mount(at("/workspace"), Writes::yes));
    }
    for (const std::string& dir : spec_.empty_dirs) TRY(mount_tmpfs(at(dir), "mode=755"));
    for (const VolumeMount& volume : spec_.volumes) TRY(show_volume(volume));
    for (const Bind& extra : spec_.extra) TRY(show(extra, Writes::no));
    return {};
  }

 private:
  std::string at(const std::string& path) const { return root_ + path; }

  Status make_dir(const std::string& path) {
    const Status made = make_dirs(os_, AT_FDCWD, at(path));
    if (!made && made.error().sys_errno == EROFS) return {};  // it lies in something read-only that must have it
    return made;
  }

  Status make_file(const std::string& path) {
    TRY(make_dir(path.substr(0, path.rfind('/'))));
    const auto made = os_.open(AT_FDCWD, at(path), O_WRONLY | O_CREAT, 0644);
    if (!made && made.error().sys_errno != EROFS) return fail(made.error());
    return {};
  }

  Status make_point(const Bind& bound) {
    struct stat status {};
    if (::stat(bound.source.c_str(), &status) != 0) return fail_sys(errno, "cannot find " + bound.source);
    return S_ISDIR(status.st_mode) ? make_dir(bound.path) : make_file(bound.path);
  }

  /// Small files are copied: that is cheaper than a mount.
  Status show_in_image(const Bind& bound) {
    struct stat status {};
    if (::stat(bound.source.c_str(), &status) != 0) return fail_sys(errno, "cannot find " + bound.source);
    if (!S_ISREG(status.st_mode) || status.st_size > copied_bytes_max) {
      TRY(make_point(bound));
      return bind_mount(bound.source, at(bound.path));
    }
    TRY(make_dir(bound.path.substr(0, bound.path.rfind('/'))));
    TRY_ASSIGN(const std::string content, read_file(os_, AT_FDCWD, bound.source, copied_bytes_max));
    TRY_ASSIGN(const UniqueFd copy, os_.open(AT_FDCWD, at(bound.path), O_WRONLY | O_CREAT | O_EXCL, status.st_mode));
    return os_.write_all(copy.get(), content);
  }

  Status show_links(const std::vector<Link>& links) {
    for (const Link& link : links) {
      TRY(make_dir(link.path.substr(0, link.path.rfind('/'))));
      TRY(os_.symlink(link.text, AT_FDCWD, at(link.path)));
    }
    return {};
  }

  Status show_image() {
    for (const Bind& bound : spec_.root) TRY(show_in_image(bound));
    return show_links(spec_.links);
  }

  /// What programs expect in /dev, and none of the machine's own devices.
  Status show_devices() {
    TRY(mount_tmpfs(at("/dev"), "mode=755"));
    for (const char* name : {"null", "zero", "full", "random", "urandom", "tty"})
      TRY(show_device(std::string("/dev/") + name, std::string("/dev/") + name));
    if (const char* terminal = ::ttyname(STDIN_FILENO); terminal != nullptr) TRY(show_device(terminal, "/dev/console"));
    TRY(show_links(device_links()));
    TRY(os_.mkdir(AT_FDCWD, at("/dev/shm"), 01777));
    TRY(os_.chmod(AT_FDCWD, at("/dev/shm"), 01777));
    TRY(os_.mkdir(AT_FDCWD, at("/dev/pts"), 0755));
    if (::mount("devpts", at("/dev/pts").c_str(), "devpts", MS_NOSUID | MS_NOEXEC,
                "newinstance,ptmxmode=0666,mode=620") == 0)
      return {};
    return fail_sys(errno, "cannot mount /dev/pts for the sandbox");
  }

  static std::vector<Link> device_links() {
    return {{"/proc/self/fd", "/dev/fd"},       {"/proc/self/fd/0", "/dev/stdin"}, {"/proc/self/fd/1", "/dev/stdout"},
            {"/proc/self/fd/2", "/dev/stderr"}, {"/proc/kcore", "/dev/core"},      {"pts/ptmx", "/dev/ptmx"}};
  }

  Status show_device(const std::string& source, const std::string& path) {
    TRY(make_file(path));
    return bind_mount(source, at(path));
  }

  Status show_room(const Room& room) {
    for (const std::string& dir : room.covered) TRY(mount_tmpfs(at(dir), "mode=755"));
    for (const Bind& bound : room.binds) {
      TRY(make_point(bound));
      TRY(bind_mount(bound.source, at(bound.path)));
    }
    for (const std::string& dir : room.writable) TRY(make_dir(dir));
    return show_links(room.links);
  }

  /// What is mounted later needs its place before the root becomes read-only.
  Status make_points() {
    for (const char* dir : {"/proc", "/dev", "/tmp", "/workspace"}) TRY(make_dir(dir));
    for (const std::string& dir : spec_.empty_dirs)
      if (dir.compare(0, 11, "/workspace/") != 0) TRY(make_dir(dir));
    for (const VolumeMount& volume : spec_.volumes)
      if (volume.path.compare(0, 11, "/workspace/") != 0) TRY(make_dir(volume.path));
    for (const Bind& extra : spec_.extra) TRY(make_point(extra));
    return {};
  }

  Status show_volume(const VolumeMount& volume) {
    TRY(make_dir(volume.path));
    return mount_volume(volume, at(volume.path));
  }

  Status show(const Bind& bound, Writes writes) {
    TRY(make_point(bound));
    TRY(bind_mount(bound.source, at(bound.path)));
    return restrict_mount(at(bound.path), writes);
  }

  Os os_;
  const Spec& spec_;
  std::string root_;
};

}  // namespace

Status assemble_root(const Spec& spec, const std::string& root) { return RootTree(spec, root).assemble(); }

}  // namespace larder::engine
