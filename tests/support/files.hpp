#pragma once

#include <fcntl.h>
#include <sys/sysmacros.h>

#include <array>
#include <filesystem>
#include <string>

#include "base/os.hpp"
#include "support/must.hpp"

namespace larder::test {

/// Makes files below `dir`, with the directories that they need.
inline void make_parents(int dir, const std::string& path) {
  Os os;
  const size_t slash = path.rfind('/');
  if (slash != std::string::npos) must(make_dirs(os, dir, path.substr(0, slash)));
}

inline void put_file(int dir, const std::string& path, const std::string& content, mode_t mode = 0644) {
  Os os;
  make_parents(dir, path);
  const UniqueFd fd = must(os.open(dir, path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
  must(os.write_all(fd.get(), content));
  must(os.fchmod(fd.get(), mode));
}

inline std::string get_file(int dir, const std::string& path) {
  Os os;
  return must(read_file(os, dir, path, size_t{1} << 28));
}

inline bool exists(int dir, const std::string& path) {
  Os os;
  return must(os.stat(dir, path)).has_value();
}

inline void put_dir(int dir, const std::string& path, mode_t mode = 0755) {
  Os os;
  must(make_dirs(os, dir, path));
  must(os.chmod(dir, path, mode));
}

inline void put_link(int dir, const std::string& path, const std::string& text) {
  Os os;
  make_parents(dir, path);
  must(os.symlink(text, dir, path));
}

/// overlayfs's mark of a deleted entry. Since Linux 4.19 every user may make one.
inline void put_whiteout(int dir, const std::string& path) {
  Os os;
  make_parents(dir, path);
  must(os.mknod(dir, path, S_IFCHR | 0600, makedev(0, 0)));
}

inline void put_opaque_dir(int dir, const std::string& path) {
  Os os;
  put_dir(dir, path);
  must(os.set_xattr(dir, path, "user.overlay.opaque", "y"));
}

/// The names of attributes that programs set begin with `user.`. Also where the owner may not write.
inline void put_attribute(int dir, const std::string& path, const std::string& name, const std::string& value) {
  Os os;
  const mode_t mode = must(os.stat(dir, path)).value().st_mode & 07777U;
  must(os.chmod(dir, path, mode | S_IWUSR));
  must(os.set_xattr(dir, path, name.c_str(), value));
  must(os.chmod(dir, path, mode));
}

inline void set_mtime(int dir, const std::string& path, int64_t seconds, long nanoseconds) {
  Os os;
  must(os.utimens(dir, path, {{seconds, nanoseconds}, {seconds, nanoseconds}}));
}

inline int open_fds() {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    (void)entry;
    ++count;
  }
  return count;
}

}  // namespace larder::test
