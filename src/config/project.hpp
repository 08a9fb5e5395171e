#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/mount_spec.hpp"
#include "base/result.hpp"
#include "config/cache_limits.hpp"
#include "config/recipe.hpp"

namespace larder::config {

/// [target.NAME]: what one target has of its own.
struct ProjectTarget {
  Environment env;                    ///< over [build.env]
  std::string image;                  ///< instead of the project's; empty: that
  std::vector<std::string> packages;  ///< added to the project's
  std::vector<std::string> prepare;   ///< run as root in it, after those for all targets
  std::string cc, cxx, ar, linker;    ///< programs, by the names that the image has for them; empty: the target's
  std::string glibc;                  ///< "2.17": programs need no newer one; empty: what the image has
  std::string toolchain;              ///< "zig", "debian" or "image"; empty: Debian's, or zig's where it has no C++
};

/// Of a build for which nobody names one.
constexpr const char* default_profile = "release";

/// larder.toml: all of it is optional.
struct Project {
  std::string name;                         ///< [project] name; empty if not given
  std::string folder;                       ///< [project] folder: where the tool's file lies; empty: beside larder.toml
  std::string recipe;                       ///< [project] recipe, else the name of [recipe]; empty: detect
  std::optional<Recipe> own_recipe;         ///< [recipe]
  std::vector<std::string> targets;         ///< [project] targets; empty: the machine's own, or all four with --all
  std::string engine = "auto";              ///< [build] engine: auto, native, docker, podman
  std::string image;                        ///< [build] image: "host", "debian:bookworm", …; empty: Larder's own
  std::vector<std::string> packages;        ///< [build] packages: Debian's, installed on the image; with placeholders
  std::vector<std::string> prepare;         ///< [build] prepare: texts for sh, run as root on the image
  std::string pull = "missing";             ///< [build] pull: always, missing, never
  std::string fetch_network;                ///< [build] fetch_network: of a container engine; empty: its default
  std::string cpus;                         ///< [build] cpus: how many a container may use; empty: all
  std::string memory;                       ///< [build] memory: how much a container may use; empty: all
  std::vector<Bind> mounts;                 ///< [[build.mount]]: shown read-only
  std::string profile = default_profile;    ///< [build] profile
  bool network = false;                     ///< [build] network: the build phase may use it
  bool user_namespaces = false;             ///< [build] user_namespaces: builds may make their own
  std::vector<std::string> args;            ///< [build] args, before those after `--`
  Environment env;                          ///< [build.env]
  std::optional<int> jobs;                  ///< [build] jobs
  std::vector<std::string> build_pass_env;  ///< [build] pass_env: names taken over from the caller's environment
  std::string rust;                         ///< [build] rust: "debian": whatever the project pins; empty: as it pins
  std::vector<std::string> pass_env;        ///< [fetch] pass_env: names taken over from the caller's environment
  bool ssh_agent = false;                   ///< [fetch] ssh_agent
  std::vector<std::string> artifacts;       ///< [artifacts] include; empty: what the tool says it made
  std::vector<std::string> include_at;      ///< where each of these stands: "larder.toml:7:5"
  std::vector<std::string> artifacts_not;   ///< [artifacts] exclude, added to the recipe's
  bool install = false;                     ///< [artifacts] install: the results are what the tool installs
  std::vector<std::string> include;         ///< [workspace] include: what is shown beside the project; paths
  std::vector<std::string> show;            ///< [workspace] show: objects of other compilers that builds see; patterns
  std::vector<std::string> bring_back;  ///< [workspace] bring_back: what builds may write into the project; patterns
  std::optional<bool> skip_unchanged;   ///< [build] skip_unchanged; no value: as the recipe says
  CacheLimits cache;                    ///< [cache]
  RemoteSettings remote;                ///< of [cache], and [remote]
  std::map<std::string, ProjectTarget> of_target;  ///< [target.NAME]
};

/// Parses the text of a larder.toml. Every mistake is told as `file:line:column` with the nearest key.
Result<Project> parse_project(const std::string& text, const std::string& file);

/// The project's image, else what LARDER_IMAGE in the environment says; empty: Larder's own.
std::string chosen_image(const Project& project);

/// The target with its tools by the names that the project says they have.
Target with_own_tools(Target target, const Project& project);

/// Whether the text is a number of processors, as much as a container must have: "2", "1.5", 0.01 or more.
bool is_cpu_count(const std::string& text);

/// The bytes of a size such as "2GiB"; an error where it is none, or less than a container must have.
Result<uint64_t> parse_memory(const std::string& text);

/// Reads FOLDER/larder.toml; the defaults where there is none.
Result<Project> load_project(const std::string& folder);

}  // namespace larder::config
