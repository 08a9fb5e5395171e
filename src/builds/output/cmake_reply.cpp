#include "builds/output/cmake_reply.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "base/text.hpp"
#include "builds/output/result_path.hpp"

namespace larder::builds {
namespace {

using nlohmann::json;

constexpr size_t reply_bytes_max = size_t{32} << 20;

class Reply {
 public:
  Reply(const store::Store& store, const store::MergedTree& view, const ResultRules& rules)
      : store_(store), view_(view), rules_(rules), folder_(rules.folder + "/.cmake/api/v1/reply") {}

  Result<std::optional<std::vector<std::string>>> read() {
    TRY_ASSIGN(const std::string index_name, newest_index());
    TRY_ASSIGN(const json index, parse(index_name));
    const std::string model_name = codemodel_of(index);
    if (model_name.empty()) return std::optional<std::vector<std::string>>();
    TRY_ASSIGN(const json model, parse(model_name));
    try {
      TRY(read_targets(model));
    } catch (const json::exception&) {
      return std::optional<std::vector<std::string>>();
    }
    TRY_ASSIGN(const auto built, built_by_all());
    return files_of_goals(built);
  }

 private:
  struct Target {
    std::string name;
    std::vector<std::string> files;
    std::vector<std::string> needs;  ///< ids
  };

  /// The index that CMake has written last; empty where there is none.
  Result<std::string> newest_index() {
    std::string newest;
    TRY(view_.walk(
        [&](const store::MergedEntry& entry) -> Status {
          if (!S_ISREG(entry.status.st_mode) || !entry.path.starts_with(folder_ + "/")) return {};
          const bool index = entry.name == "index.json" || entry.name.starts_with("index-");
          if (index && entry.name > newest) newest = entry.name;
          return {};
        },
        [&](const std::string& folder) { return (folder_ + "/").starts_with(folder + "/"); }));
    return newest;
  }

  /// A file of the reply; null where there is none, or it cannot be read as JSON.
  Result<json> parse(const std::string& name) {
    if (name.empty() || name.find('/') != std::string::npos) return json();
    TRY_ASSIGN(const auto found, view_.find(folder_ + "/" + name));
    if (!found || !S_ISREG(found->status.st_mode)) return json();
    const auto text = read_file(store_.os(), found->dir.get(), found->name, reply_bytes_max);
    if (!text && text.error().code != ErrorCode::damage) return fail(text.error());
    json data = text ? json::parse(*text, nullptr, false) : json();
    return data.is_discarded() ? json() : data;
  }

  static std::string codemodel_of(const json& index) {
    if (!index.is_object() || !index.contains("objects") || !index["objects"].is_array()) return {};
    for (const json& object : index["objects"])
      if (object.is_object() && object.value("kind", json()) == "codemodel" &&
          object.value("jsonFile", json()).is_string())
        return object["jsonFile"].get<std::string>();
    return {};
  }

  /// The one that was built: generators for several, such as "Ninja Multi-Config", tell of all.
  const json& configuration_in(const json& model) const {
    const json& all = model.at("configurations");
    const auto built = std::find_if(all.begin(), all.end(),
                                    [&](const json& one) { return one.value("name", json()) == rules_.configuration; });
    return built != all.end() ? *built : all.at(0);
  }

  Status read_targets(const json& model) {
    for (const json& one : configuration_in(model).at("targets")) {
      TRY_ASSIGN(const json data, parse(one.at("jsonFile").get<std::string>()));
      Target& target = targets_[one.at("id").get<std::string>()];
      target.name = one.at("name").get<std::string>();
      for (const json& need : data.value("dependencies", json::array()))
        target.needs.push_back(need.at("id").get<std::string>());
      static const std::set<std::string> types = {"EXECUTABLE", "STATIC_LIBRARY", "SHARED_LIBRARY", "MODULE_LIBRARY"};
      if (types.count(data.at("type").get<std::string>()) == 0) continue;
      for (const json& artifact : data.value("artifacts", json::array()))
        if (const auto path = path_in_workspace(rules_.folder, artifact.at("path").get<std::string>(), rules_.place))
          target.files.push_back(*path);
    }
    return {};
  }

  /// The names of the targets that `all` builds: the codemodel does not tell which are EXCLUDE_FROM_ALL, the generated
  /// makefiles do. No value: another generator's.
  Result<std::optional<std::set<std::string>>> built_by_all() {
    TRY_ASSIGN(const auto found, view_.find(rules_.folder + "/CMakeFiles/Makefile2"));
    if (!found || !S_ISREG(found->status.st_mode)) return std::optional<std::set<std::string>>();
    const auto text = read_file(store_.os(), found->dir.get(), found->name, reply_bytes_max);
    if (!text) return std::optional<std::set<std::string>>();
    std::multimap<std::string, std::string> rules;
    for (const std::string& line : split(*text, '\n')) {
      const size_t colon = line.find(": ");
      if (colon != std::string::npos && line[0] != '#') rules.emplace(line.substr(0, colon), line.substr(colon + 2));
    }
    std::vector<std::string> waiting = {"all"};
    std::set<std::string> names;
    std::set<std::string> known;
    while (!waiting.empty()) {
      const std::string rule = std::move(waiting.back());
      waiting.pop_back();
      if (!known.insert(rule).second) continue;
      if (const std::string name = target_of_rule(rule); !name.empty()) names.insert(name);
      for (auto [need, end] = rules.equal_range(rule); need != end; ++need) waiting.push_back(need->second);
    }
    return std::optional(std::move(names));
  }

  /// `sub/CMakeFiles/app.dir/all` is the target app; empty: the rule is no target's.
  static std::string target_of_rule(const std::string& rule) {
    constexpr std::string_view before = "CMakeFiles/";
    constexpr std::string_view after = ".dir/all";
    const size_t at = ("/" + rule).rfind("/" + std::string(before));
    if (at == std::string::npos || !rule.ends_with(after)) return {};
    const size_t start = at + before.size();
    return start + after.size() < rule.size() ? rule.substr(start, rule.size() - start - after.size()) : "";
  }

  /// Goals that are no targets, such as `all`, mean everything that is built without one.
  std::vector<std::string> files_of_goals(const std::optional<std::set<std::string>>& built_by_all) const {
    std::vector<std::string> waiting;
    bool all = rules_.goals.empty();
    for (const std::string& goal : rules_.goals) {
      const auto found =
          std::find_if(targets_.begin(), targets_.end(), [&](const auto& one) { return one.second.name == goal; });
      if (found == targets_.end())
        all = true;
      else
        waiting.push_back(found->first);
    }
    for (const auto& [id, target] : targets_)
      if (all && (!built_by_all || built_by_all->count(target.name) != 0)) waiting.push_back(id);
    std::vector<std::string> files;
    std::set<std::string> seen;
    while (!waiting.empty()) {
      const std::string id = std::move(waiting.back());
      waiting.pop_back();
      const auto target = targets_.find(id);
      if (target == targets_.end() || !seen.insert(id).second) continue;
      files.insert(files.end(), target->second.files.begin(), target->second.files.end());
      waiting.insert(waiting.end(), target->second.needs.begin(), target->second.needs.end());
    }
    return files;
  }

  const store::Store& store_;
  const store::MergedTree& view_;
  const ResultRules& rules_;
  std::string folder_;
  std::map<std::string, Target> targets_;
};

}  // namespace

Result<std::optional<std::vector<std::string>>> read_cmake_reply(const store::Store& store,
                                                                 const store::MergedTree& view,
                                                                 const ResultRules& rules) {
  return Reply(store, view, rules).read();
}

}  // namespace larder::builds
