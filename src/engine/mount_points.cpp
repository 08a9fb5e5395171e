#include "engine/mount_points.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

namespace larder::engine {
namespace {

namespace fs = std::filesystem;

bool lies_in(const std::string& path, const std::string& folder) {
  return path == folder ||
         (path.size() > folder.size() && path.compare(0, folder.size(), folder) == 0 && path[folder.size()] == '/');
}

/// Where the path lies on this machine, if a bind of the root covers it.
std::string source_of(const Spec& spec, const std::string& path) {
  std::string source;
  for (const Bind& bind : spec.root)
    if (lies_in(path, bind.path)) source = bind.source + path.substr(bind.path.size());
  return source;
}

void show_entries(const std::string& folder, const std::string& source, Room& room) {
  room.empty_dirs.push_back(folder);
  std::error_code ignored;  // a folder that cannot be listed shows nothing
  std::vector<fs::directory_entry> entries;
  for (const auto& entry : fs::directory_iterator(source, ignored)) entries.push_back(entry);
  std::sort(entries.begin(), entries.end());
  for (const auto& entry : entries) {
    const std::string path = folder + "/" + entry.path().filename().string();
    if (entry.is_symlink(ignored))
      room.links.push_back({fs::read_symlink(entry.path(), ignored).string(), path});
    else
      room.binds.push_back({entry.path().string(), path});
  }
}

}  // namespace

Room make_room(const Spec& spec) {
  Room room;
  std::set<std::string> covered;
  for (const VolumeMount& volume : spec.volumes) {
    std::string folder = volume.path;
    std::error_code ignored;
    if (source_of(spec, folder).empty() || fs::is_directory(source_of(spec, folder), ignored)) continue;
    while (!source_of(spec, folder).empty() && !fs::is_directory(source_of(spec, folder), ignored))
      folder = fs::path(folder).parent_path().string();
    if (!source_of(spec, folder).empty() && covered.insert(folder).second)
      show_entries(folder, source_of(spec, folder), room);
  }
  return room;
}

}  // namespace larder::engine
