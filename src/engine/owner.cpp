#include "engine/owner.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace larder::engine {

bool is_anothers_project(const Spec& spec) {
  if (::geteuid() != 0) return false;
  const auto is_anothers = [](const std::string& folder) {
    struct stat status {};
    return !folder.empty() && ::stat(folder.c_str(), &status) == 0 && status.st_uid != 0;
  };
  return is_anothers(spec.workspace) ||
         std::any_of(spec.volumes.begin(), spec.volumes.end(),
                     [&](const VolumeMount& volume) { return is_anothers(volume.lowest_folder); });
}

}  // namespace larder::engine
