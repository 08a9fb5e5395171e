#include "builds/output/result_names.hpp"

#include <algorithm>
#include <set>

#include "builds/output/result_path.hpp"

namespace larder::builds {
namespace {

/// How much of its path a result keeps.
enum class Kept { name, layout, path };

/// The folder that a path means from another one; empty: the top of all. No value for one above that.
std::optional<std::string> relative_to(const std::string& folder, const std::string& path) {
  const auto below = path_in_workspace(folder.empty() ? "top" : "top/" + folder, path);
  if (!below || (*below != "top" && !below->starts_with("top/"))) return std::nullopt;
  return *below == "top" ? "" : below->substr(4);
}

/// The folders in which a result that lies at `place` looks for libraries from there: `$ORIGIN/../lib`, ld.so(8).
std::set<std::string> folders_sought(const FoundResult& result, const std::string& place) {
  std::set<std::string> folders;
  for (const std::string& path : result.binary->run_paths)
    for (const std::string_view origin : {"$ORIGIN", "${ORIGIN}"}) {
      if (!path.starts_with(origin) || (path.size() > origin.size() && path[origin.size()] != '/')) continue;
      const auto folder = relative_to(folder_of(place), "." + path.substr(origin.size()));
      if (folder) folders.insert(*folder);
    }
  return folders;
}

class Naming {
 public:
  Naming(const std::vector<FoundResult>& results, const std::string& built_in) : built_in_(built_in) {
    for (const FoundResult& result : results) {
      results_[result.path] = &result;
      kept_[result.path] = result.base.empty() ? Kept::name : Kept::layout;
    }
    for (const FoundResult& result : results) keep_libraries_where_sought(result);
  }

  std::map<std::string, std::string> make() {
    while (keep_more_of_colliding() || keep_links_together()) continue;
    std::map<std::string, std::string> names;
    for (const auto& [path, result] : results_) names[path] = name(path);
    return names;
  }

 private:
  std::string name(const std::string& path) const {
    const Kept kept = kept_.at(path);
    if (kept == Kept::name) return name_of(path);
    const std::string& base = results_.at(path)->base.empty() ? built_in_ : results_.at(path)->base;
    return kept == Kept::layout && !base.empty() && path.starts_with(base + "/") ? path.substr(base.size() + 1) : path;
  }

  /// A program that looks for its libraries in other folders of the results, and not beside itself, finds them there.
  void keep_libraries_where_sought(const FoundResult& result) {
    const auto folders = result.binary ? folders_sought(result, result.path) : std::set<std::string>();
    if (folders.empty() || folders.contains(folder_of(result.path))) return;
    for (const auto& [path, other] : results_) {
      const bool is_library =
          !other->link.empty() || (other->binary && !other->binary->executable && !other->binary->archive);
      if (!is_library || !folders.contains(folder_of(path))) continue;
      for (const std::string& one : {path, result.path}) kept_[one] = std::max(kept_[one], Kept::layout);
    }
  }

  /// Names collide that are the same, and one that another needs as a folder.
  bool keep_more_of_colliding() {
    std::map<std::string, std::vector<std::string>> by_name;
    for (const auto& [path, result] : results_) by_name[name(path)].push_back(path);
    bool changed = false;
    for (const auto& [used, paths] : by_name) {
      if (paths.size() > 1) changed = keep_more(paths) || changed;
      for (std::string folder = folder_of(used); !folder.empty(); folder = folder_of(folder))
        if (const auto other = by_name.find(folder); other != by_name.end())
          changed = keep_more(other->second) || keep_more(paths) || changed;
    }
    return changed;
  }

  bool keep_more(const std::vector<std::string>& paths) {
    bool changed = false;
    for (const std::string& path : paths) {
      Kept& kept = kept_.at(path);
      if (kept == Kept::path) continue;
      kept = kept == Kept::name ? Kept::layout : Kept::path;
      changed = true;
    }
    return changed;
  }

  bool keep_links_together() {
    bool changed = false;
    for (const auto& [path, result] : results_) {
      const auto next = kept_.find(result->link);
      if (result->link.empty() || next == kept_.end() || next->second == kept_.at(path)) continue;
      if (folder_of(path) != folder_of(result->link)) continue;
      next->second = kept_.at(path) = std::max(next->second, kept_.at(path));
      changed = true;
    }
    return changed;
  }

  std::string built_in_;
  std::map<std::string, const FoundResult*> results_;
  std::map<std::string, Kept> kept_;
};

}  // namespace

std::map<std::string, std::string> name_results(const std::vector<FoundResult>& results, const std::string& built_in) {
  return Naming(results, built_in).make();
}

std::vector<std::string> unfound_libraries(const FoundResult& result, const std::map<std::string, std::string>& names) {
  std::vector<std::string> unfound;
  if (!result.binary) return unfound;
  const std::set<std::string> sought = folders_sought(result, names.at(result.path));
  for (const std::string& needed : result.binary->needed) {
    bool is_result = false;
    bool is_found = false;
    for (const auto& [path, name] : names) {
      if (name_of(name) != needed) continue;
      is_result = true;
      is_found = is_found || sought.contains(folder_of(name));
    }
    if (is_result && !is_found) unfound.push_back(needed);
  }
  return unfound;
}

}  // namespace larder::builds
