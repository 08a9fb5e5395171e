#include "config/project.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/os.hpp"
#include "config/toml_reader.hpp"

namespace larder::config {
namespace {

constexpr int jobs_max = 1024;

void check_once(const TomlTable& table, std::string_view key, const std::vector<std::string>& names) {
  std::set<std::string> seen;
  for (const std::string& name : names)
    if (!seen.insert(name).second) table.mistake(key, fmt::format("'{}' names '{}' twice", key, name));
}

void check_variables(const TomlTable& table, std::string_view key, const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (name.empty() || name.find('=') != std::string::npos)
      table.mistake(key, fmt::format("'{}' in '{}' cannot be a variable's name", name, key),
                    "give the name alone; the value is taken from the environment");
}

void check_patterns(const TomlTable& table, std::string_view key, const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    const bool leaves =
        pattern.empty() || pattern.front() == '/' || ("/" + pattern + "/").find("/../") != std::string::npos;
    if (leaves)
      table.mistake(key, fmt::format("'{}' in '{}' does not lie in the project", pattern, key),
                    "give paths relative to the project's folder, without '..'");
  }
}

void read_project(TomlTable table, Project& project) {
  table.read({{"name", &project.name}, {"recipe", &project.recipe}, {"targets", &project.targets}});
  if (table.has("name")) check_name(table, "name", project.name);
  check_once(table, "targets", project.targets);
}

void read_build(TomlTable table, Project& project) {
  table.read({{"image", &project.image},
              {"profile", &project.profile},
              {"network", &project.network},
              {"args", &project.args},
              {"env", &project.env},
              {"jobs", &project.jobs}});
  if (project.jobs && *project.jobs > jobs_max)
    table.mistake("jobs", fmt::format("'jobs' must be at most {}", jobs_max));
  for (const auto& [key, value] : {std::pair("image", &project.image), std::pair("profile", &project.profile)})
    if (value->empty()) table.mistake(key, fmt::format("'{}' must not be empty", key), "leave it out for the default");
}

void read_fetch(TomlTable table, Project& project) {
  table.read({{"pass_env", &project.pass_env}, {"ssh_agent", &project.ssh_agent}});
  check_variables(table, "pass_env", project.pass_env);
}

void read_artifacts(TomlTable table, Project& project) {
  table.read({{"include", &project.artifacts}, {"exclude", &project.artifacts_not}});
  check_patterns(table, "include", project.artifacts);
  check_patterns(table, "exclude", project.artifacts_not);
}

}  // namespace

Result<Project> parse_project(const std::string& text, const std::string& file) {
  TRY_ASSIGN(TomlFile toml, TomlFile::parse(text, file));
  Project project;
  const auto read_target = [&](const std::string& name, TomlTable table) {
    table.read({{"env", &project.target_env[name]}});
  };
  toml.root().read({
      {"project", TomlTable::Table{[&](TomlTable table) { read_project(table, project); }}},
      {"build", TomlTable::Table{[&](TomlTable table) { read_build(table, project); }}},
      {"fetch", TomlTable::Table{[&](TomlTable table) { read_fetch(table, project); }}},
      {"artifacts", TomlTable::Table{[&](TomlTable table) { read_artifacts(table, project); }}},
      {"cache", TomlTable::Table{[&](TomlTable table) { read_cache_limits(table, project.cache); }}},
      {"target", TomlTable::NamedTables{read_target}},
  });
  TRY(toml.status());
  return project;
}

Result<Project> load_project(const std::string& folder) {
  Os os;
  const std::string file = folder.empty() || folder == "." ? "larder.toml" : folder + "/larder.toml";
  TRY_ASSIGN(const auto found, os.stat(AT_FDCWD, file));
  if (!found) return Project{};
  TRY_ASSIGN(const std::string text, read_config_file(os, file));
  return parse_project(text, file);
}

}  // namespace larder::config
