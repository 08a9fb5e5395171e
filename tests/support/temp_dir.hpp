#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <string>

#include "base/os.hpp"
#include "support/must.hpp"

namespace larder::test {

enum class Place {
  disk,    ///< $TMPDIR, else /tmp
  memory,  ///< $TMPDIR, else /dev/shm where that is a tmpfs, else /tmp: for tests that sync a thousand times
  tmpfs    ///< /dev/shm, whatever $TMPDIR says, else as `memory`: for what would take a disk minutes
};

/// A directory of the test's own; gone at the end, whatever the modes in it.
class TempDir {
 public:
  explicit TempDir(Place place = Place::disk) {
    std::string name = parent(place) + "/larder-test-XXXXXX";
    must(::mkdtemp(name.data()) != nullptr, "cannot make " + name);
    path_ = name;
    fd_ = must(os_.open_dir(AT_FDCWD, path_));
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() { (void)remove_tree(os_, AT_FDCWD, path_); }  // what stays lies in the system's temporary directory

  const std::string& path() const { return path_; }
  int fd() const { return fd_.get(); }

 private:
  static std::string parent(Place place) {
    const char* set = ::getenv("TMPDIR");
    if (place != Place::tmpfs && set != nullptr && *set != '\0') return set;
    constexpr long tmpfs = 0x01021994;
    struct statfs status {};
    if (place != Place::disk && ::access("/dev/shm", W_OK | X_OK) == 0 && ::statfs("/dev/shm", &status) == 0 &&
        status.f_type == tmpfs)
      return "/dev/shm";
    return set != nullptr && *set != '\0' ? set : "/tmp";
  }

  Os os_;
  std::string path_;
  UniqueFd fd_;
};

}  // namespace larder::test
