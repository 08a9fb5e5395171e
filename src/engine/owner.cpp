#include "engine/owner.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/os.hpp"

namespace larder::engine {
namespace {

bool is_closed(const struct stat& status) {
  constexpr mode_t owners = S_IRWXU;
  return S_ISDIR(status.st_mode) && (status.st_uid != 0 || (status.st_mode & owners) != owners);
}

/// What cannot be looked at is no reason.
bool is_closed_at_top(const std::string& folder) {
  Os os;
  if (folder.empty()) return false;
  const auto entries = os.list(AT_FDCWD, folder);
  if (!entries) return false;
  const auto status_of = [&](const std::string& path) {
    const auto status = os.stat(AT_FDCWD, path);
    return status && *status && is_closed(**status);
  };
  return status_of(folder) || std::any_of(entries->begin(), entries->end(), [&](const DirEntry& entry) {
           return entry.type == DT_DIR && status_of(folder + "/" + entry.name);
         });
}

}  // namespace

bool needs_rights_over_files(const Spec& spec) {
  if (::geteuid() != 0) return false;
  return is_closed_at_top(spec.workspace) ||
         std::any_of(spec.volumes.begin(), spec.volumes.end(),
                     [](const VolumeMount& volume) { return is_closed_at_top(volume.lowest_folder); });
}

}  // namespace larder::engine
