#include "builds/run/fetch_key.hpp"

#include <fcntl.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "base/glob.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "source/record.hpp"
#include "store/branch/ref.hpp"

namespace larder::builds {
namespace {

using nlohmann::json;

/// The longest text that is searched for a word.
constexpr size_t input_bytes_max = size_t{4} << 20U;

/// Whether an input of the recipe names this path. After "**/" a name is looked for anywhere, in hidden folders too.
bool names(const std::string& input, const std::string& path) {
  constexpr std::string_view anywhere = "**/";
  if (glob_matches(input, path)) return true;
  return input.starts_with(anywhere) && path.ends_with(std::string_view(input).substr(anywhere.size() - 1));
}

/// What the recipe's fetch reads of the project, and of what lies around it.
class Inputs {
 public:
  explicit Inputs(const Plan& plan) : inputs_(plan.recipe.fetch->inputs), globs_(inputs_) {}

  bool have(const std::string& path) const {
    return globs_.may_match(path) && !source::is_gits_own(path) &&
           std::any_of(inputs_.begin(), inputs_.end(), [&](const std::string& input) { return names(input, path); });
  }

  /// The same for what lies around the project, where tools look for them in every folder above it.
  bool have_around(const std::string& path) const {
    return globs_.may_match(path) && (have(path) || (!source::is_gits_own(path) && ends_as_one(path)));
  }

 private:
  bool ends_as_one(std::string_view path) const {
    return std::any_of(inputs_.begin(), inputs_.end(), [&](const std::string& input) {
      return path.size() > input.size() && path.ends_with(input) && path[path.size() - input.size() - 1] == '/';
    });
  }

  const std::vector<std::string>& inputs_;
  Globs globs_;
};

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

/// Whether the inputs are the same in both, but for those that a fetch may bring back.
bool only_brought_back(const Plan& plan, const ProjectState& before, const ProjectState& now) {
  const source::Difference difference = source::compare(before.entries, now.entries);
  const Inputs inputs(plan);
  const auto is_brought = [&](const std::string& path) {
    return !inputs.have(path) || ::larder::contains(plan.recipe.fetch->brings_back, path);
  };
  return std::all_of(difference.changed.begin(), difference.changed.end(), is_brought) &&
         std::all_of(difference.added.begin(), difference.added.end(), is_brought) &&
         std::all_of(difference.removed.begin(), difference.removed.end(), is_brought);
}

}  // namespace

std::string fetch_key(const Plan& plan, const VolumeHome& home, const ProjectState& project) {
  Sha256 hash;
  const Inputs inputs(plan);
  for (const source::Entry& entry : project.entries) {
    if (!inputs.have(entry.path)) continue;
    hash.field(entry.path);
    hash.update(entry.content.data(), entry.content.size());
    if (!source::is_known(entry.content)) hash.field(std::to_string(entry.time));
    if (entry.kind == source::Kind::link) hash.field(project.content);  // it may lead anywhere
  }
  hash.field(home.plain ? home.plain->scope : "");
  for (const std::string& argument : plan.fetch_args) hash.field(argument);
  if (!plan.targets.empty()) hash.field(plan.targets.front().fetch_settings.text);
  const auto takes = [&](const std::string& path) { return inputs.have_around(path); };
  if (const std::string around = digest_of_inputs(project.around, takes); !around.empty()) hash.field(around);
  return hash.finish();
}

/// One that cannot be read may have a word.
Result<bool> has_something_to_fetch(const Plan& plan, const VolumeHome& home, const ProjectState& project) {
  const std::vector<std::string>& words = plan.recipe.fetch->words;
  if (words.empty()) return true;
  const Inputs inputs(plan);
  for (const source::Entry& entry : project.entries) {
    if (entry.kind != source::Kind::file || !inputs.have(entry.path)) continue;
    const auto text = read_file(home.store.os(), AT_FDCWD, plan.workspace.folder + "/" + entry.path, input_bytes_max);
    if (!text || has_one_of(*text, words)) return true;
  }
  return false;
}

Result<bool> needs_fetch(const Plan& plan, const VolumeHome& home, ProjectWatch& project) {
  if (plan.fetch.empty()) return false;
  TRY_ASSIGN(const auto state, project.state());
  const std::string key = fetch_key(plan, home, *state);
  for (const TargetPlan& target : plan.targets) {
    TRY_ASSIGN(const bool fetched, is_fetched(target, home, key));
    if (!fetched) return true;
  }
  return false;
}

Status note_fetched(const Plan& plan, const VolumeHome& home, const ProjectState& before, const ProjectState& now) {
  const std::string key = fetch_key(plan, home, only_brought_back(plan, before, now) ? now : before);
  VolumeHome after = home;
  if (after.plain) {
    TRY_ASSIGN(after.plain->ids, engine::plain_volume_ids(*plan.engine.client));
  }
  for (const TargetPlan& target : plan.targets) {
    TRY_ASSIGN(const json volumes, volume_contents(target, after));
    TRY(store::write_note(home.store, target.compiled.key, json{{"key", key}, {"volumes", volumes}}.dump()));
  }
  return {};
}

Result<std::vector<std::string>> left_empty(const TargetPlan& target, const store::Store& store) {
  std::set<std::string> empty;
  TRY_ASSIGN(const auto keys, store::list_volumes(store));
  for (const store::VolumeKey& key : keys) {
    if (key.name() != target.compiled.key.name()) continue;
    TRY_ASSIGN(const auto text, store::read_note(store, key));
    const json note = json::parse(text.value_or(""), nullptr, false);
    if (!note.is_object() || !note.contains("volumes") || !note["volumes"].is_object()) continue;
    for (const auto& [name, layers] : note["volumes"].items())
      if (layers.empty()) empty.insert(name);
  }
  return std::vector<std::string>(empty.begin(), empty.end());
}

Status forget_fetched(const TargetPlan& target, const store::Store& store) {
  return store::remove_note(store, target.compiled.key);
}

}  // namespace larder::builds
