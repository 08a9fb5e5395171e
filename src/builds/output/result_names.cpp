#include "builds/output/result_names.hpp"

#include <algorithm>

#include "builds/output/result_path.hpp"

namespace larder::builds {
namespace {

/// How much of its path a result keeps.
enum class Kept { name, layout, path };

class Naming {
 public:
  Naming(const std::vector<FoundResult>& results, const std::string& built_in) : built_in_(built_in) {
    for (const FoundResult& result : results) {
      results_[result.path] = &result;
      kept_[result.path] = result.base.empty() ? Kept::name : Kept::layout;
    }
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

}  // namespace larder::builds
