#include "builds/run/fetch_key.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/sha256.hpp"
#include "store/branch/ref.hpp"

namespace larder::builds {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int depth_max = 12;

void find_named(const fs::path& folder, const std::string& name, int depth, std::vector<std::string>& found) {
  std::error_code ignored;  // what cannot be read cannot be an input
  for (const auto& entry : fs::directory_iterator(folder, fs::directory_options::skip_permission_denied, ignored)) {
    const std::string file = entry.path().filename().string();
    if (file == name) found.push_back(entry.path().string());
    const bool skipped = file.front() == '.' || file == "target" || file == "node_modules";
    if (!skipped && depth < depth_max && entry.is_directory(ignored) && !entry.is_symlink(ignored))
      find_named(entry.path(), name, depth + 1, found);
  }
}

std::vector<std::string> input_files(const Plan& plan) {
  std::vector<std::string> files;
  for (const std::string& input : plan.recipe.fetch->inputs) {
    constexpr std::string_view anywhere = "**/";
    if (input.compare(0, anywhere.size(), anywhere) == 0)
      find_named(plan.workspace.folder, input.substr(anywhere.size()), 0, files);
    else
      files.push_back(plan.workspace.folder + "/" + input);
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// What the target's download volumes have now, by their names: layers, or the id of a volume that the engine keeps.
Result<json> volume_contents(const TargetPlan& target, const VolumeHome& home) {
  json volumes = json::object();
  for (const store::VolumeSpec& spec : target.downloads) {
    json& content = volumes[spec.key.name()] = json::array();
    if (home.plain) {
      const auto id = home.plain->ids.find(spec.key.name());
      if (id != home.plain->ids.end()) content.push_back(id->second);
      continue;
    }
    TRY_ASSIGN(const auto current, store::current_generation(home.store, spec.key));
    if (current) content = current->layers;
  }
  return volumes;
}

bool contains(const json& layers, const json& wanted) {
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const json& layer) { return std::find(layers.begin(), layers.end(), layer) != layers.end(); });
}

Result<bool> is_fetched(const TargetPlan& target, const VolumeHome& home, const std::string& key) {
  TRY_ASSIGN(const auto text, store::read_note(home.store, target.compiled.key));
  if (!text) return false;
  const json note = json::parse(*text, nullptr, false);
  if (!note.is_object() || !note.contains("volumes") || note.value("key", json()) != key) return false;
  TRY_ASSIGN(const json now, volume_contents(target, home));
  for (const auto& [name, layers] : note["volumes"].items())
    if (!now.contains(name) || !contains(now[name], layers)) return false;
  return true;
}

}  // namespace

std::string fetch_key(const Plan& plan, const VolumeHome& home) {
  Sha256 hash;
  for (const std::string& file : input_files(plan)) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) continue;
    hash.field(file);
    hash.field(
        fmt::format("{} {} {}.{:09}", status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec));
  }
  hash.field(home.plain ? home.plain->scope : "");
  return hash.finish();
}

Result<bool> needs_fetch(const Plan& plan, const VolumeHome& home) {
  if (plan.fetch.empty()) return false;
  const std::string key = fetch_key(plan, home);
  for (const TargetPlan& target : plan.targets) {
    TRY_ASSIGN(const bool fetched, is_fetched(target, home, key));
    if (!fetched) return true;
  }
  return false;
}

Status note_fetched(const Plan& plan, const VolumeHome& home) {
  const std::string key = fetch_key(plan, home);
  VolumeHome now = home;
  if (now.plain) {
    TRY_ASSIGN(now.plain->ids, engine::plain_volume_ids(*plan.engine.client));
  }
  for (const TargetPlan& target : plan.targets) {
    TRY_ASSIGN(const json volumes, volume_contents(target, now));
    TRY(store::write_note(home.store, target.compiled.key, json{{"key", key}, {"volumes", volumes}}.dump()));
  }
  return {};
}

Status forget_fetched(const TargetPlan& target, const store::Store& store) {
  return store::remove_note(store, target.compiled.key);
}

}  // namespace larder::builds
