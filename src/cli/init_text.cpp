#include "cli/init_text.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/toml_writer.hpp"

namespace larder::cli {
namespace {

constexpr const char* toml_top =
    R"(# Larder's settings for this project. Everything is optional: each key below is commented out and shows its default
# or an example. Remove the `#` before a key to change it; `larder build --dry-run` then prints what a build would do.

[project]
# Part of the names of this project's volumes; by default from the git remote or the folder.
{name}
# How the project is built; by default found by the files in this folder.
{recipe}
# What `larder build` and `larder build --all` build; by default the machine's own target, and with --all these.
{targets}

[build]
# What builds run in: "native" (a sandbox, no daemon), "docker", "podman", or "auto": native where it can bring the image.
#engine = "auto"
# What builds run on: "debian:bookworm" is made of Debian's packages, with the toolchain that the project needs, "host" is
# this machine's own root, read-only, and anything else comes from a registry ("rust:1"), an OCI layout ("oci:FOLDER") or a
# Docker daemon ("docker-daemon:NAME"). Prepared once; larder.lock pins it.
#image = "debian:bookworm"
# Debian packages that the image has besides; with `:target` for the target's architecture.
{packages}
# Commands that prepare it further, as root.
#prepare = ["make -C /opt/tool install"]
# When a container engine asks the registry for the image: "missing", "always" or "never".
#pull = "missing"
# The network of a container's fetch phase, such as "host"; by default the engine's own.
#fetch_network = ""
# How many processors a container may use; by default all.
#cpus = "1.5"
# How much memory a container may use; by default all.
#memory = "4GB"
# Other folders or files of this machine that builds see, read-only.
#mount = [{{source = "/opt", path = "/opt"}}]
# "release", "dev" or another profile of the build tool.
#profile = "release"
# Whether the build phase may use the network; the fetch phase always may.
#network = false
# Arguments for the build tool, before those given after `--`.
#args = []
# Names of variables whose values all phases take from your environment, such as a version that CI knows.
#pass_env = []
# Which Rust, by rustup's name ("1.85", "stable", "nightly-2026-01-15"), in place of what rust-toolchain.toml pins; or "debian".
#rust = "1.85"
# How many jobs run at once, over all targets; by default one per processor.
#jobs = 2
# Whether the build tool is not started where nothing at all has changed since the last good build; by default the recipe says
# so.
#skip_unchanged = true

# Environment variables of every build.
#[build.env]
#EXAMPLE = "value"

[fetch]
# Names of variables whose values the fetch phase takes from your environment, such as a registry's token.
#pass_env = []
# Whether the fetch phase may use your SSH agent, for private git dependencies.
#ssh_agent = false

[artifacts]
# Which files are the results, relative to this folder, instead of those that the build tool says it has made.
#include = {include}
# Which of the results are none.
#exclude = []
# Whether the results are what the tool installs (CMake, make).
#install = false

[workspace]
# Objects, archives and programs that git does not track, which builds in the source tree see all the same.
#show = []
# What a good build may write into this folder; all else that it writes to the source tree stays in its cache.
#bring_back = []

# Limits of the whole store, kept after each build; without them only the past of volumes is limited.
[cache]
# The store never takes more disk than this: what is quickest to build again goes first.
#max_size = "20GB"
# Volumes that no build has used for so long go.
#max_age = "30d"
# How many states of each volume stay to go back to.
#keep = 10
# States younger than this stay, however many they are.
#keep_for = "7d"
)";

constexpr const char* toml_target = R"(
# What one target has of its own.
#[target.{0}]
# Instead of the image above.
#image = "docker.io/library/alpine:3"
# Its compilers, where the image calls them otherwise than Debian does; `ar` and `linker` likewise.
#cc = "gcc"
# For C++.
#cxx = "g++"

# Environment variables of one target's builds.
#[target.{0}.env]
#EXAMPLE = "value"
)";

constexpr const char* mk_top =
    R"(# Larder's targets for make, written by `larder init`; `larder init --force` writes it anew.
# Include it in your makefile: include larder.mk
#
# make build-x64                            build for one target
# make build-all                            build for all targets
# make list-cache, cache-stats              what the caches hold, and their sizes
# make clean-cache                          make this project's caches empty; LARDER_CLEAN_FLAGS="--yes --all": all of them
# make build-x64 LARDER_FLAGS="--verbose"   options for `larder build`
#
# LARDER names the program.

LARDER ?= larder
LARDER_FLAGS ?=
LARDER_CLEAN_FLAGS ?= --yes

# What `make` alone builds stays your makefile's business.
larder-goal := $(.DEFAULT_GOAL)

)";

constexpr const char* mk_end =
    "\n"
    ".DEFAULT_GOAL := $(larder-goal)\n";

/// What larder.mk has besides builds: names, and what they run.
const std::vector<std::pair<std::string, std::string>>& cache_rules() {
  static const std::vector<std::pair<std::string, std::string>> rules = {
      {"list-cache", "$(LARDER) cache list"},
      {"cache-stats", "$(LARDER) cache stats"},
      {"clean-cache", "$(LARDER) cache clean $(LARDER_CLEAN_FLAGS)"}};
  return rules;
}

constexpr const char* build_all = "build-all";
constexpr const char* help_rule = "larder-help";

std::string quote_all(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const std::string& text : texts) quoted.push_back(config::to_toml(text));
  return "[" + join(quoted, ", ") + "]";
}

std::string packages_line(const std::vector<std::string>& found) {
  if (found.empty()) return R"(#packages = ["pkg-config", "libsqlite3-dev:target"])";
  return "# These are those that the makefile installs; libraries for the program need `:target`.\n#" +
         packages_key(found);
}

std::string key_line(const char* key, const std::string& value) { return fmt::format("#{} = {}", key, value); }

}  // namespace

std::string packages_key(const std::vector<std::string>& packages) { return "packages = " + quote_all(packages); }

std::string larder_toml(const InitFacts& facts) {
  std::string text = fmt::format(toml_top, fmt::arg("name", key_line("name", config::to_toml(facts.project))),
                                 fmt::arg("recipe", key_line("recipe", config::to_toml(facts.recipe.name))),
                                 fmt::arg("targets", key_line("targets", quote_all(facts.targets))),
                                 fmt::arg("packages", packages_line(facts.packages)),
                                 fmt::arg("include", quote_all({"target/{triple}/release/" + facts.project})));
  if (!facts.targets.empty()) text += fmt::format(toml_target, facts.targets.front());
  return text;
}

std::vector<std::string> names_in_larder_mk(const std::vector<std::string>& targets,
                                            const std::vector<BuildName>& others) {
  std::vector<std::string> names;
  for (const std::string& target : targets) names.push_back("build-" + target);
  for (const BuildName& other : others) names.push_back(other.name);
  names.emplace_back(build_all);
  for (const auto& [name, command] : cache_rules()) names.push_back(name);
  return names;
}

std::string larder_mk(const std::vector<std::string>& targets, const std::vector<BuildName>& others,
                      const std::vector<std::string>& taken) {
  const auto called = [&](const std::string& name) { return contains(taken, name) ? "larder-" + name : name; };
  std::string rules;
  const auto add = [&](const std::string& name, const std::string& command) {
    rules += fmt::format("{}:\n\t{}\n\n", called(name), command);
  };
  for (const std::string& target : targets)
    add("build-" + target, fmt::format("$(LARDER) build {} $(LARDER_FLAGS)", target));
  for (const BuildName& other : others)
    add(other.name, fmt::format("$(LARDER) build {} $(LARDER_FLAGS)", other.target));
  add(build_all, "$(LARDER) build --all $(LARDER_FLAGS)");
  for (const auto& [name, command] : cache_rules()) add(name, command);
  std::vector<std::string> names = names_in_larder_mk(targets, others);
  for (std::string& name : names) name = called(name);
  const std::string all = join(names, " ");
  const std::string note =
      taken.empty() ? "" : "# Where your makefile had the name when this was written, it begins with larder-.\n\n";
  return mk_top + note + fmt::format(".PHONY: {0} {1}\n\n{2}{1}:\n\t@echo 'make {0}'\n", all, help_rule, rules) +
         mk_end;
}

std::string new_makefile() {
  return "# Written by `larder init`; it is yours to change. `make` alone says what there is.\n\n"
         "include larder.mk\n\n"
         ".DEFAULT_GOAL := larder-help\n";
}

bool includes_larder_mk(const std::string& makefile) {
  for (const std::string& line : split(makefile, '\n')) {
    std::string words = line.substr(0, line.find('#'));
    for (char& c : words)
      if (c == '\t' || c == '\r') c = ' ';
    bool is_include = false;
    for (const std::string& word : split(words, ' ')) {
      if (word.empty()) continue;
      if (!is_include && word != "include" && word != "-include" && word != "sinclude") break;
      if (is_include && (word == "larder.mk" || word.ends_with("/larder.mk"))) return true;
      is_include = true;
    }
  }
  return false;
}

}  // namespace larder::cli
