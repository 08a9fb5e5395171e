#include "config/project.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cctype>
#include <cstdlib>
#include <set>

#include "base/environment.hpp"
#include "base/os.hpp"
#include "base/text.hpp"
#include "config/engines.hpp"
#include "config/recipe_reader.hpp"
#include "config/rust_channel.hpp"
#include "config/tables.hpp"
#include "config/toml_reader.hpp"

namespace larder::config {
namespace {

constexpr int jobs_max = 1024;
constexpr double cpus_min = 0.01;                          ///< dockerd takes no less (`docker run --cpus`)
constexpr uint64_t memory_min_bytes = 6ull * 1024 * 1024;  ///< dockerd takes no less (`docker run --memory`)

void check_once(const TomlTable& table, std::string_view key, const std::vector<std::string>& names) {
  std::set<std::string> seen;
  for (const std::string& name : names)
    if (!seen.insert(name).second) table.mistake(key, fmt::format("'{}' names '{}' twice", key, name));
}

void check_variables(const TomlTable& table, std::string_view key, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    check_argument(table, key, name);
    if (name.empty() || name.find('=') != std::string::npos)
      table.mistake(key, fmt::format("'{}' in '{}' cannot be a variable's name", printable(name), key),
                    "give the name alone; the value is taken from the environment");
  }
}

void read_project(TomlTable table, Project& project) {
  table.read({{"name", &project.name},
              {"folder", &project.folder},
              {"recipe", &project.recipe},
              {"targets", &project.targets}});
  if (table.has("name")) check_name(table, "name", project.name);
  check_argument(table, "recipe", project.recipe);
  check_once(table, "targets", project.targets);
}

void read_mount(TomlTable table, Project& project) {
  Bind bind;
  table.read(
      {{"source", &bind.source, TomlTable::Presence::required}, {"path", &bind.path, TomlTable::Presence::required}});
  for (const auto& [key, path] : {std::pair("source", bind.source), std::pair("path", bind.path)})
    if (table.has(key)) check_place(table, key, path);
  project.mounts.push_back(std::move(bind));
}

void read_container(const TomlTable& table, const Project& project) {
  check_word(table, "engine", project.engine, engine_choices());
  check_word(table, "pull", project.pull, {"always", "missing", "never"});
  if (!project.cpus.empty() && !is_cpu_count(project.cpus))
    table.mistake("cpus", fmt::format("'cpus' must be a number such as \"1.5\", not '{}'", printable(project.cpus)));
  if (project.memory.empty()) return;
  if (const auto bytes = parse_memory(project.memory); !bytes)
    table.mistake("memory", fmt::format("'memory': {}", bytes.error().message), bytes.error().hint);
}

/// Whether apt takes the word for a package's name and nothing more: no option, file, version, pattern, nor, by its
/// last sign, for what is to be removed or installed (`g++` is a name).
bool is_package(const std::string& word) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789+.-{}_";
  const size_t colon = word.find(':');
  const std::string name = word.substr(0, colon);
  if (colon != std::string::npos) {
    const std::string architecture = word.substr(colon + 1);
    if (architecture.empty() || architecture.find_first_not_of(allowed) != std::string::npos) return false;
  } else if (name.ends_with('+') && !name.ends_with("++")) {
    return false;
  }
  return name.size() > 1 && (std::isalnum(static_cast<unsigned char>(name.front())) || name.front() == '{') &&
         name.find_first_not_of(allowed) == std::string::npos && !name.ends_with('-');
}

void check_packages(const TomlTable& table, const std::vector<std::string>& packages) {
  for (const std::string& package : packages) {
    if (is_package(package)) continue;
    const bool may_be_one = package.ends_with('+') && is_package(package + ":all");
    table.mistake("packages", fmt::format("'{}' is no package's name", printable(package)),
                  may_be_one
                      ? fmt::format("a name that ends so takes its architecture: \"{}:amd64\"", printable(package))
                      : "such as \"pkg-config\" or, for the target's architecture, \"libsqlite3-dev:target\"");
  }
}

/// "2.17"
bool is_version(const std::string& text) {
  const size_t dot = text.find('.');
  const auto is_number = [](const std::string& part) {
    return !part.empty() && part.size() < 4 && part.find_first_not_of("0123456789") == std::string::npos;
  };
  return dot != std::string::npos && is_number(text.substr(0, dot)) && is_number(text.substr(dot + 1));
}

void read_build(TomlTable table, Project& project) {
  const auto read_one = [&](TomlTable entry) { read_mount(entry, project); };
  table.read({{"engine", &project.engine},
              {"image", &project.image},
              {"packages", &project.packages},
              {"prepare", &project.prepare},
              {"pull", &project.pull},
              {"fetch_network", &project.fetch_network},
              {"cpus", &project.cpus},
              {"memory", &project.memory},
              {"mount", TomlTable::ListOfTables{read_one}},
              {"profile", &project.profile},
              {"network", &project.network},
              {"user_namespaces", &project.user_namespaces},
              {"args", &project.args},
              {"env", &project.env},
              {"jobs", TomlTable::Count{&project.jobs, jobs_max}},
              {"pass_env", &project.build_pass_env},
              {"rust", &project.rust},
              {"skip_unchanged", &project.skip_unchanged}});
  check_packages(table, project.packages);
  check_variables(table, "pass_env", project.build_pass_env);
  if (table.has("rust") && project.rust != "debian" && !parse_rust_channel(project.rust))
    table.mistake("rust", fmt::format("'rust' names no toolchain: '{}'", printable(project.rust)),
                  "a version as rustup has it, such as \"1.85\", \"stable\" or \"nightly-2026-01-15\"; or \"debian\"");
  read_container(table, project);
  for (const auto& [key, value] : {std::pair("image", &project.image), std::pair("profile", &project.profile)})
    if (table.has(key) && value->empty())
      table.mistake(key, fmt::format("'{}' must not be empty", key), "leave it out for the default");
  if (!project.profile.empty()) check_name(table, "profile", project.profile);
  check_argument(table, "image", project.image);
  check_argument(table, "fetch_network", project.fetch_network);
}

void read_fetch(TomlTable table, Project& project) {
  table.read({{"pass_env", &project.pass_env}, {"ssh_agent", &project.ssh_agent}});
  check_variables(table, "pass_env", project.pass_env);
}

void read_workspace(TomlTable table, Project& project) {
  table.read({{"include", &project.include}, {"show", &project.show}, {"bring_back", &project.bring_back}});
  for (const std::string& path : project.include)
    if (path.empty() || path.front() == '/')
      table.mistake("include", "'include' takes paths relative to larder.toml, such as \"../shared\"",
                    "[[build.mount]] shows what lies at an absolute path");
  check_patterns(table, "show", project.show);
  check_patterns(table, "bring_back", project.bring_back);
}

void read_artifacts(TomlTable table, Project& project) {
  table.read({{"include", &project.artifacts}, {"exclude", &project.artifacts_not}, {"install", &project.install}});
  project.include_at = table.places("include");
  if (table.has("include") && project.artifacts.empty())
    table.mistake("include", "'include' must not be empty", "leave it out for what the build tool says it has made");
  check_patterns(table, "include", project.artifacts);
  check_patterns(table, "exclude", project.artifacts_not);
}

}  // namespace

std::string chosen_image(const Project& project) {
  return project.image.empty() ? environment("LARDER_IMAGE") : project.image;
}

Target with_own_tools(Target target, const Project& project) {
  const auto own = project.of_target.find(target.name);
  if (own == project.of_target.end()) return target;
  const ProjectTarget& said = own->second;
  for (const auto& [name, slot] : {std::pair(&said.cc, &target.cc), std::pair(&said.cxx, &target.cxx),
                                   std::pair(&said.ar, &target.ar), std::pair(&said.linker, &target.linker)})
    if (!name->empty()) *slot = *name;
  return target;
}

bool is_cpu_count(const std::string& text) {
  char* end = nullptr;
  const double count = std::strtod(text.c_str(), &end);
  return !text.empty() && text.find_first_not_of("0123456789.") == std::string::npos && *end == '\0' &&
         count >= cpus_min;
}

Result<uint64_t> parse_memory(const std::string& text) {
  TRY_ASSIGN(const uint64_t bytes, parse_bytes(text));
  if (bytes >= memory_min_bytes) return bytes;
  return fail(ErrorCode::usage, fmt::format("'{}' is less memory than a container can have", text), {},
              "6 MiB is the least, and a compiler needs some hundred: such as 2GiB");
}

Result<Project> parse_project(const std::string& text, const std::string& file) {
  TRY_ASSIGN(TomlFile toml, TomlFile::parse(text, file));
  Project project;
  const auto read_target = [&](const std::string& name, TomlTable table) {
    ProjectTarget& target = project.of_target[name];
    table.read({{"env", &target.env},
                {"image", &target.image},
                {"packages", &target.packages},
                {"prepare", &target.prepare},
                {"cc", &target.cc},
                {"cxx", &target.cxx},
                {"ar", &target.ar},
                {"linker", &target.linker},
                {"toolchain", &target.toolchain},
                {"glibc", &target.glibc}});
    if (table.has("glibc") && !is_version(target.glibc))
      table.mistake("glibc", fmt::format("'glibc' must be a version, not '{}'", printable(target.glibc)),
                    "such as \"2.17\" or \"2.28\"");
    if (table.has("toolchain")) check_word(table, "toolchain", target.toolchain, {"zig", "debian", "image"});
    check_packages(table, target.packages);
    for (const auto& [key, value] :
         {std::pair("image", &target.image), std::pair("cc", &target.cc), std::pair("cxx", &target.cxx),
          std::pair("ar", &target.ar), std::pair("linker", &target.linker)})
      check_argument(table, key, *value);
  };
  toml.root().read({
      {"project", TomlTable::Table{[&](TomlTable table) { read_project(table, project); }}},
      {"build", TomlTable::Table{[&](TomlTable table) { read_build(table, project); }}},
      {"fetch", TomlTable::Table{[&](TomlTable table) { read_fetch(table, project); }}},
      {"artifacts", TomlTable::Table{[&](TomlTable table) { read_artifacts(table, project); }}},
      {"workspace", TomlTable::Table{[&](TomlTable table) { read_workspace(table, project); }}},
      {"cache", TomlTable::Table{[&](TomlTable table) { read_cache(table, project.cache, project.remote); }}},
      {"remote", TomlTable::Table{[&](TomlTable table) { read_remote_of_project(table, project.remote); }}},
      {"target", TomlTable::NamedTables{read_target}},
      {"recipe", TomlTable::Table{[&](TomlTable table) { read_inline_recipe(table, project.own_recipe.emplace()); }}},
  });
  TRY(toml.status());
  if (project.own_recipe && project.recipe.empty()) project.recipe = project.own_recipe->name;
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
