#include "builds/plan/named_servers.hpp"

#include <fmt/format.h>
#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>

#include "base/environment.hpp"
#include "base/text.hpp"
#include "builds/plan/git_passwords.hpp"
#include "builds/plan/tool_files.hpp"

namespace larder::builds {
namespace {

using config::GivenSetting;

bool matches(const std::string& pattern, const std::string& name) {
  return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

/// REGISTRIES_OURS of registries.ours.index.
std::string table_of(const std::string& key) { return config::in_capitals(key.substr(0, key.rfind('.'))); }

/// What the project says about one plan's fetch, compared with what the user says and has.
class ServerSearch {
 public:
  explicit ServerSearch(const Plan& plan) : plan_(plan), settings_(plan.recipe.settings) {
    texts_ = plan.settings.project;
    texts_.insert(texts_.end(), plan.settings.above.begin(), plan.settings.above.end());
    find_secrets();
  }

  std::vector<NamedServer> run() {
    for (const std::string& key : settings_.user.servers) {
      for (const GivenSetting& given : project_says(key)) add_server(given.key, given.value, table_of(given.key));
      for (const auto& [name, value] : variables_like(variable_of(key)))
        add_server(name, value, table_of_variable(name, key));
    }
    for (const std::string& key : settings_.user.routes) {
      for (const GivenSetting& given : project_says(key)) add_route(given.key + " = " + given.value);
      for (const auto& [name, value] : variables_like(variable_of(key))) add_route(name + "=" + value);
    }
    for (const std::string& pattern : settings_.user.route_variables)
      for (const auto& [name, value] : variables_like(pattern)) add_route(name + "=" + value);
    for (const std::string& file : plan_.settings.unread) add_route(file);
    return std::move(found_);
  }

 private:
  void find_secrets() {
    std::vector<std::string> texts = plan_.settings.user;
    for (const auto& [name, text] : read_credentials(settings_.user)) texts.push_back(text);
    tables_ = config::tables_with(texts, settings_.user.secrets);
    for (const std::string& name : config::matching_variables(settings_.user.variables))
      if (const std::string table = config::table_of_secret(settings_, name); !table.empty()) tables_.push_back(table);
  }

  std::string variable_of(const std::string& key) const { return settings_.variable_prefix + config::in_capitals(key); }

  /// REGISTRIES_OURS of CARGO_REGISTRIES_OURS_INDEX.
  std::string table_of_variable(const std::string& name, const std::string& key) const {
    const std::string ending = config::in_capitals(key.substr(key.rfind('.')));
    return name.substr(settings_.variable_prefix.size(),
                       name.size() - settings_.variable_prefix.size() - ending.size());
  }

  /// A variable of the caller's goes before files of settings.
  bool is_overruled(const std::string& key) const {
    const std::string name = variable_of(key);
    const auto& patterns = settings_.user.variables;
    return !environment(name).empty() &&
           std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) { return matches(pattern, name); });
  }

  std::vector<GivenSetting> project_says(const std::string& key) const {
    std::vector<GivenSetting> given = config::given_settings(texts_, key);
    const auto by_user = config::given_settings(plan_.settings.user, key);
    std::erase_if(given, [&](const GivenSetting& one) {
      return std::find(by_user.begin(), by_user.end(), one) != by_user.end() || is_overruled(one.key);
    });
    return given;
  }

  /// Of larder.toml's variables those that the fetch gets, but for what the caller's say as well.
  std::vector<std::pair<std::string, std::string>> variables_like(const std::string& pattern) const {
    std::vector<std::pair<std::string, std::string>> found;
    const auto take = [&](const config::Environment& env) {
      for (const auto& [name, value] : env)
        if (matches(pattern, name) && !value.empty() && environment(name) != value && reaches_fetch(name))
          found.emplace_back(name, value);
    };
    take(plan_.project.env);
    for (const auto& [target, own] : plan_.project.of_target) take(own.env);
    return found;
  }

  bool reaches_fetch(const std::string& name) const {
    const auto& taken = plan_.recipe.fetch->variables;
    return std::any_of(taken.begin(), taken.end(), [&](const auto& pattern) { return matches(pattern, name); });
  }

  bool has_any_secret() const {
    return !tables_.empty() || ::access((environment("HOME") + "/.netrc").c_str(), R_OK) == 0 ||
           !git_passwords().empty();
  }

  void add_server(const std::string& key, const std::string& value, const std::string& table) {
    if (contains(tables_, table))
      found_.push_back(
          {fmt::format("your {} for a server that the project names: {} = {}", secrets_of(), key, value), table});
  }

  void add_route(const std::string& what) {
    if (!any_secret_) any_secret_ = has_any_secret();
    if (*any_secret_) found_.push_back({"your tokens and passwords in a fetch with the project's " + what, ""});
  }

  std::string secrets_of() const { return join(settings_.user.secrets, " or "); }

  const Plan& plan_;
  const config::SettingsFile& settings_;
  std::vector<std::string> texts_;   ///< that are not the user's
  std::vector<std::string> tables_;  ///< for which the user has secrets
  std::optional<bool> any_secret_;
  std::vector<NamedServer> found_;
};

}  // namespace

/// A recipe of the project's own has nothing of the user's without consent anyway, and what it runs could read all.
std::vector<NamedServer> named_servers(const Plan& plan) {
  const config::Recipe& recipe = plan.recipe;
  if (!recipe.fetch || recipe.settings.user.home.empty() || recipe.of_project) return {};
  return ServerSearch(plan).run();
}

bool is_kept_back(const Plan& plan, const std::string& variable) {
  const std::string table = config::table_of_secret(plan.recipe.settings, variable);
  return !table.empty() && (plan.kept_back.all || contains(plan.kept_back.tables, table));
}

}  // namespace larder::builds
