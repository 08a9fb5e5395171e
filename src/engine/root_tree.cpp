#include "engine/root_tree.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "base/copy_file.hpp"
#include "base/text.hpp"
#include "engine/mount_points.hpp"
#include "engine/namespaces.hpp"

namespace larder::engine {
namespace {

constexpr off_t copied_bytes_max = 64 * 1024;
constexpr size_t file_bytes_max = 1 << 20;

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

/// Something of the machine, held open to be shown once its path can no longer be walked.
struct Source {
  Bind bind;
  UniqueFd tree;
  bool is_folder = false;
};

Result<Source> open_source(const Bind& bind) {
  const int fd = ::open_tree(AT_FDCWD, bind.source.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
  if (fd < 0) return fail_sys(errno, "cannot show " + bind.source + " in the sandbox");
  Source source{bind, UniqueFd(fd), false};
  struct stat status {};
  if (::fstat(fd, &status) != 0) return fail_sys(errno, "cannot look at " + bind.source);
  source.is_folder = S_ISDIR(status.st_mode);
  return source;
}

Result<std::vector<Source>> open_sources(const std::vector<Bind>& binds) {
  std::vector<Source> sources;
  for (const Bind& bind : binds) {
    TRY_ASSIGN(Source source, open_source(bind));
    sources.push_back(std::move(source));
  }
  return sources;
}

/// What programs expect in /dev, and none of the machine's own devices.
std::vector<Bind> devices() {
  std::vector<Bind> binds;
  for (const char* path : {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"})
    binds.push_back({path, path});
  if (const char* terminal = ::ttyname(STDIN_FILENO); terminal != nullptr) binds.push_back({terminal, "/dev/console"});
  return binds;
}

std::vector<Link> device_links() {
  return {{"/proc/self/fd", "/dev/fd"},       {"/proc/self/fd/0", "/dev/stdin"}, {"/proc/self/fd/1", "/dev/stdout"},
          {"/proc/self/fd/2", "/dev/stderr"}, {"/proc/kcore", "/dev/core"},      {"pts/ptmx", "/dev/ptmx"}};
}

/// Makes `root` the process's root directory while it lives, so that no link in an image leads out of it. The working
/// directory stays outside.
class InRoot {
 public:
  static Result<InRoot> enter(const std::string& root) {
    UniqueFd before(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    UniqueFd place(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!before || !place || ::chroot(root.c_str()) != 0) return fail_sys(errno, "cannot enter the sandbox's root");
    return InRoot(std::move(before), std::move(place));
  }

  InRoot(InRoot&&) = default;
  InRoot& operator=(InRoot&&) = delete;
  ~InRoot() {
    if (before_) INVARIANT(::fchdir(before_.get()) == 0 && ::chroot(".") == 0 && ::fchdir(place_.get()) == 0);
  }

 private:
  InRoot(UniqueFd before, UniqueFd place) : before_(std::move(before)), place_(std::move(place)) {}

  UniqueFd before_;
  UniqueFd place_;
};

class RootTree {
 public:
  RootTree(const Spec& spec, std::string root) : spec_(spec), root_(std::move(root)) {}

  Status assemble() {
    TRY(show_root());
    const MountPlan plan = plan_mounts(spec_);
    TRY(open_machine(plan));
    TRY_ASSIGN(const InRoot inside, InRoot::enter(root_));
    Status populated = populate(plan);
    if (!populated && spec_.image_root && populated.error().hint.empty())
      populated.error().hint = "the image has something else there than the folder or file that a build needs";
    return populated;
  }

 private:
  Status populate(const MountPlan& plan) {
    TRY(show_covered(plan));
    if (spec_.image_root && spec_.identity == Identity::caller) TRY(name_caller());
    TRY(make_points());
    if (!spec_.image_root) TRY(restrict_mount("/", Writes::no));
    TRY(show_devices());
    for (const std::string& dir : plan.writable) TRY(mount_tmpfs(dir, "mode=755"));
    if (!spec_.keeps_tmp) TRY(mount_tmpfs("/tmp", "mode=1777"));
    for (Source& around : around_) TRY(attach(around, Writes::no));
    if (workspace_) TRY(attach(*workspace_, Writes::yes));
    for (const std::string& dir : spec_.empty_dirs) {
      TRY(make_dir(dir));
      TRY(mount_tmpfs(dir, "mode=755"));
    }
    for (const VolumeMount& volume : volumes_) TRY(show_volume(volume));
    for (Source& file : files_) TRY(attach(file, Writes::no));
    for (Source& extra : extra_) TRY(attach(extra, Writes::no));
    return {};
  }

  Status show_root() {
    TRY(mount_tmpfs(root_, "mode=755"));
    if (spec_.image_root) return mount_image(*spec_.image_root);
    for (const Bind& bound : spec_.root) TRY(show_in_image(bound));
    return show_links(root_, spec_.links);
  }

  Status mount_image(const ImageRoot& image) {
    VolumeMount mount{"the image", image.lowers, image.upper, image.work};
    if (mount.upper.empty()) {
      mount.upper = root_ + "/upper";
      mount.work = root_ + "/work";
      TRY(os_.mkdir(AT_FDCWD, mount.upper, 0755));
      TRY(os_.mkdir(AT_FDCWD, mount.work, 0700));
    }
    return mount_volume(mount, root_);
  }

  /// What is shown from outside of the root. A project below a volume's layers gets a name in the store, since mount
  /// options have no place for all that a folder may be called.
  Status open_machine(const MountPlan& plan) {
    TRY_ASSIGN(covered_, open_sources(plan.binds));
    TRY_ASSIGN(devices_, open_sources(devices()));
    TRY_ASSIGN(extra_, open_sources(spec_.extra));
    TRY(write_files());
    TRY_ASSIGN(around_, open_sources(spec_.around));
    if (!spec_.workspace.empty()) {
      TRY_ASSIGN(workspace_, open_source({spec_.workspace, spec_.place}));
    }
    volumes_ = spec_.volumes;
    for (VolumeMount& volume : volumes_) {
      if (volume.lowest_folder.empty()) continue;
      const std::string name = root_ + "-lowest";
      TRY(os_.mkdir(AT_FDCWD, name, 0700));
      TRY(bind_mount(volume.lowest_folder, name));
      volume.lowers.insert(volume.lowers.begin(), name);
      volume.lowest_folder.clear();
    }
    return {};
  }

  /// Generated files may hold secrets, so they lie in memory. The folder that they are shown from is out of the
  /// sandbox's sight.
  Status write_files() {
    if (spec_.files.empty()) return {};
    const std::string folder = root_ + "-files";
    TRY(os_.mkdir(AT_FDCWD, folder, 0700));
    TRY(mount_tmpfs(folder, "mode=700"));
    for (const GeneratedFile& file : spec_.files) {
      const std::string path = fmt::format("{}/{}", folder, files_.size());
      TRY_ASSIGN(const UniqueFd made, os_.open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0444));
      TRY(os_.write_all(made.get(), file.text));
      TRY_ASSIGN(files_.emplace_back(), open_source({path, file.path}));
    }
    return {};
  }

  Status make_dir(const std::string& path) {
    const Status made = make_dirs(os_, AT_FDCWD, path);
    if (!made && made.error().sys_errno == EROFS) return {};  // it lies in something read-only that must have it
    return made;
  }

  Status make_file(const std::string& path) {
    TRY(make_dir(path.substr(0, path.rfind('/'))));
    const auto made = os_.open(AT_FDCWD, path, O_WRONLY | O_CREAT, 0644);
    if (!made && made.error().sys_errno != EROFS) return fail(made.error());
    return {};
  }

  Status make_point(const std::string& path, bool is_folder) { return is_folder ? make_dir(path) : make_file(path); }

  /// Small files are copied: that is cheaper than a mount.
  Status show_in_image(const Bind& bound) {
    struct stat status {};
    if (::stat(bound.source.c_str(), &status) != 0) return fail_sys(errno, "cannot find " + bound.source);
    const std::string path = root_ + bound.path;
    if (!S_ISREG(status.st_mode) || status.st_size > copied_bytes_max) {
      TRY(make_point(path, S_ISDIR(status.st_mode)));
      return bind_mount(bound.source, path);
    }
    TRY(make_dir(path.substr(0, path.rfind('/'))));
    TRY_ASSIGN(const std::string content, read_file(os_, AT_FDCWD, bound.source, copied_bytes_max));
    TRY_ASSIGN(const UniqueFd copy, os_.open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, status.st_mode));
    return os_.write_all(copy.get(), content);
  }

  Status show_links(const std::string& root, const std::vector<Link>& links) {
    for (const Link& link : links) {
      const std::string path = root + link.path;
      TRY(make_dir(path.substr(0, path.rfind('/'))));
      TRY(os_.symlink(link.text, AT_FDCWD, path));
    }
    return {};
  }

  /// Programs that ask who they are want a name.
  Status name_caller() {
    TRY(make_dir("/etc"));
    TRY(add_line("/etc/passwd", ::geteuid(),
                 fmt::format("larder:x:{}:{}::/home/larder:/bin/sh\n", ::geteuid(), ::getegid())));
    return add_line("/etc/group", ::getegid(), fmt::format("larder:x:{}:\n", ::getegid()));
  }

  /// Unless the file has a line with this id as its third field.
  Status add_line(const char* path, uint32_t id, const std::string& line) {
    TRY_ASSIGN(const UniqueFd file, os_.open(AT_FDCWD, path, O_RDWR | O_CREAT | O_APPEND, 0644));
    TRY_ASSIGN(const std::string text, read_file(os_, AT_FDCWD, path, file_bytes_max));
    for (const std::string& known : split(text, '\n')) {
      const auto fields = split(known, ':');
      if (fields.size() > 2 && fields[2] == std::to_string(id)) return {};
    }
    return os_.write_all(file.get(), line);
  }

  Status show_devices() {
    TRY(mount_tmpfs("/dev", "mode=755"));
    for (Source& device : devices_) TRY(attach_as_it_is(device));
    TRY(show_links("", device_links()));
    TRY(os_.mkdir(AT_FDCWD, "/dev/shm", 01777));
    TRY(os_.chmod(AT_FDCWD, "/dev/shm", 01777));
    TRY(os_.mkdir(AT_FDCWD, "/dev/pts", 0755));
    if (::mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620") == 0)
      return {};
    return fail_sys(errno, "cannot mount /dev/pts for the sandbox");
  }

  Status show_covered(const MountPlan& plan) {
    for (const std::string& dir : plan.covered) TRY(mount_tmpfs(dir, "mode=755"));
    for (Source& source : covered_) TRY(attach_as_it_is(source));
    for (const std::string& dir : plan.writable) TRY(make_dir(dir));
    return show_links("", plan.links);
  }

  /// What is mounted later needs its place before the root becomes read-only.
  Status make_points() {
    for (const char* dir : {"/proc", "/dev", "/tmp", "/workspace"}) TRY(make_own_dir(dir));
    TRY(make_dir(spec_.place));
    for (const Source& around : around_) TRY(make_point(around.bind.path, around.is_folder));
    for (const std::string& dir : spec_.empty_dirs)
      if (dir.compare(0, 11, "/workspace/") != 0) TRY(make_dir(dir));
    for (const VolumeMount& volume : spec_.volumes)
      if (volume.path.compare(0, 11, "/workspace/") != 0) TRY(make_dir(volume.path));
    for (const auto* sources : {&files_, &extra_})
      for (const Source& source : *sources) {
        if (spec_.image_root) TRY(remove_empty_link(source.bind.path));
        TRY(make_point(source.bind.path, source.is_folder));
      }
    return {};
  }

  /// A link that leads nowhere, as the /etc/resolv.conf of many images does.
  Status remove_empty_link(const std::string& path) {
    TRY_ASSIGN(const auto status, os_.stat(AT_FDCWD, path));
    if (!status || !S_ISLNK(status->st_mode) || ::access(path.c_str(), F_OK) == 0) return {};
    return os_.unlink(AT_FDCWD, path);
  }

  Status make_own_dir(const char* path) {
    TRY(make_dir(path));
    TRY_ASSIGN(const auto status, os_.stat(AT_FDCWD, path));
    if (status && S_ISDIR(status->st_mode)) return {};
    return fail(ErrorCode::environment, fmt::format("the image's {} is not a folder", path), {},
                "Larder builds on images whose folders of that name are real ones");
  }

  Status show_volume(const VolumeMount& volume) {
    TRY(make_dir(volume.path));
    return mount_volume(volume, volume.path);
  }

  Status attach(Source& source, Writes writes) {
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    if (writes == Writes::no) attributes.attr_set |= MOUNT_ATTR_RDONLY;
    if (::mount_setattr(source.tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) != 0)
      return fail_sys(errno, "cannot restrict the mount " + source.bind.path);
    return attach_as_it_is(source);
  }

  Status attach_as_it_is(Source& source) {
    const std::string& path = source.bind.path;
    TRY(make_point(path, source.is_folder));
    if (::move_mount(source.tree.get(), "", AT_FDCWD, path.c_str(), MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) ==
        0)
      return {};
    return fail_sys(errno, "cannot show " + source.bind.source + " in the sandbox");
  }

  Os os_;
  const Spec& spec_;
  std::string root_;
  std::vector<Source> covered_;
  std::vector<Source> devices_;
  std::vector<Source> files_;
  std::vector<Source> extra_;
  std::vector<Source> around_;
  std::optional<Source> workspace_;
  std::vector<VolumeMount> volumes_;
};

}  // namespace

Status assemble_root(const Spec& spec, const std::string& root) { return RootTree(spec, root).assemble(); }

}  // namespace larder::engine
