#include "builds/plan/needed_chains.hpp"

#include <filesystem>
#include <utility>

#include "config/tables.hpp"

namespace larder::builds {
namespace {

namespace fs = std::filesystem;

constexpr size_t folders_max = 50000;
constexpr size_t starts_max = 100;

bool has_any(const fs::path& folder, std::initializer_list<const char*> names) {
  std::error_code ignored;
  for (const char* name : names)
    if (fs::exists(folder / name, ignored)) return true;
  return false;
}

/// A folder that is none of the project's: hidden, of results, of npm's packages, or with a larder.toml, and so a lock,
/// of its own.
bool is_left_out(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return name.starts_with('.') || name == "target" || name == "node_modules" || has_any(folder, {"larder.toml"});
}

/// The folders below the project's from which a build may be on other images than from the project's own.
std::optional<std::vector<std::string>> find_starts(const std::string& settings, const config::RecipeTable& recipes,
                                                    bool is_project) {
  std::vector<std::string> starts;
  size_t seen = 0;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator at(settings, options, error), end; !error && at != end; at.increment(error)) {
    if (std::error_code ignored; at->is_symlink(ignored) || !at->is_directory(ignored)) continue;
    if (is_left_out(at->path())) {
      at.disable_recursion_pending();
      continue;
    }
    if (++seen > folders_max) return std::nullopt;
    const bool decides = has_any(at->path(), {"rust-toolchain", "rust-toolchain.toml"}) ||
                         (!is_project && recipes.detect(at->path().string()));
    if (decides) starts.push_back(at->path().string());
  }
  if (error || starts.size() > starts_max) return std::nullopt;
  return starts;
}

}  // namespace

std::optional<std::vector<image::Chain>> chains_of_project(const std::string& settings, const PlanFrom& plan_from) {
  const auto recipes = config::load_recipes(config::user_config_dir(), settings);
  if (!recipes) return std::nullopt;
  const bool is_project = plan_from(settings).has_value();
  if (!is_project && recipes->detect(settings)) return std::nullopt;
  auto starts = find_starts(settings, *recipes, is_project);
  if (!starts) return std::nullopt;
  if (is_project) starts->push_back(settings);
  std::vector<image::Chain> chains;
  bool is_known = false;
  for (const std::string& start : *starts) {
    auto plan = plan_from(start);
    if (!plan || plan->engine.has_own_image()) return std::nullopt;
    if (plan->workspace.settings != settings) continue;
    is_known = true;
    for (image::Chain& chain : plan->own_chains) chains.push_back(std::move(chain));
  }
  if (!is_known) return std::nullopt;
  return chains;
}

}  // namespace larder::builds
