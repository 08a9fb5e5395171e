#include "engine/mount_points.hpp"

#include <algorithm>
#include <filesystem>

#include "base/text.hpp"

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

void show_entries(const std::string& folder, const std::string& source, MountPlan& plan) {
  plan.covered.push_back(folder);
  std::error_code ignored;  // a folder that cannot be listed shows nothing
  std::vector<fs::directory_entry> entries;
  for (const auto& entry : fs::directory_iterator(source, ignored)) entries.push_back(entry);
  std::sort(entries.begin(), entries.end());
  for (const auto& entry : entries) {
    const std::string path = folder + "/" + entry.path().filename().string();
    if (entry.is_symlink(ignored))
      plan.links.push_back({fs::read_symlink(entry.path(), ignored).string(), path});
    else
      plan.binds.push_back({entry.path().string(), path});
  }
}

/// "/usr/local/cargo" for "/usr/local/cargo/registry" below "/usr/local".
std::string first_part_below(const std::string& folder, const std::string& path) {
  return path.substr(0, path.find('/', folder.size() + 1));
}

void add_once(std::vector<std::string>& paths, const std::string& path) {
  if (!contains(paths, path)) paths.push_back(path);
}

}  // namespace

MountPlan plan_mounts(const Spec& spec) {
  MountPlan plan;
  const auto exists = [&](const std::string& path) {
    std::error_code ignored;
    return fs::is_directory(source_of(spec, path), ignored);
  };
  for (const VolumeMount& volume : spec.volumes) {
    if (source_of(spec, volume.path).empty() || exists(volume.path)) continue;
    std::string folder = volume.path;
    while (!source_of(spec, folder).empty() && !exists(folder)) folder = fs::path(folder).parent_path().string();
    const std::string source = source_of(spec, folder);
    if (source.empty()) continue;
    if (!contains(plan.covered, folder)) show_entries(folder, source, plan);
    add_once(plan.writable, first_part_below(folder, volume.path));
  }
  return plan;
}

}  // namespace larder::engine
