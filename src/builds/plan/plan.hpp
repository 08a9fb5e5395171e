#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "builds/plan/consent.hpp"
#include "builds/plan/engine_choice.hpp"
#include "builds/plan/remote_plan.hpp"
#include "builds/plan/workspace.hpp"
#include "config/placeholder.hpp"
#include "config/project.hpp"
#include "config/tables.hpp"
#include "config/tool_settings.hpp"
#include "image/chain.hpp"
#include "image/image.hpp"
#include "image/rustup.hpp"
#include "store/space/prune.hpp"
#include "store/volume.hpp"

namespace larder::builds {

/// The home of a build's processes, empty at every start.
constexpr const char* home_folder = "/home/larder";

/// Which of the files that a build leaves in /workspace are its results. Patterns and folders are relative to it.
struct ResultRules {
  config::ResultSource from = config::ResultSource::content;
  std::string folder = {};                ///< CMake's build folder
  std::vector<std::string> include = {};  ///< the recipe's: what may be a result
  std::vector<std::string> exclude = {};
  std::vector<std::string> beside = {};  ///< endings of files that belong to a library by the same name
  std::vector<std::string> wanted = {};  ///< the project's patterns: all that match are the results, whatever they are
  std::string installed = {};            ///< the folder with what the tool has installed; empty: it is not asked to
  std::string strip = {};                ///< a folder in that one which the results do not keep
  bool shows_messages = false;           ///< the tool's messages are the user's, too: he has asked for them
  std::vector<std::string> goals = {};   ///< the targets that the user named to CMake; empty: all
  std::string configuration = {};        ///< which of CMake's is built, where its generator makes several
  std::string place = workspace_path;    ///< where the build sees the project's folder
};

/// All that is decided for one target; placeholders are expanded.
struct TargetPlan {
  config::Target target;
  image::Image image;                                ///< without a digest where it is still to be made or pulled
  std::optional<image::Chain> chain;                 ///< how the image is made, where it is the store's
  std::string emulator;                              ///< program that runs the target's binaries; empty: none is needed
  std::optional<image::Chain> emulator_chain;        ///< how the image that has it is made; none: the machine has it
  std::optional<store::VolumeSpec> emulator_volume;  ///< that image, once it is made
  std::vector<store::VolumeSpec> downloads;
  store::VolumeSpec compiled;
  config::Environment env;
  config::Environment build_env;  ///< `env` and what only the build phase has
  config::Environment fetch_env;  ///< `env` and what only the fetch phase has
  config::ToolSettings fetch_settings;
  config::ToolSettings build_settings;
  std::vector<config::BuildFile> files;  ///< that the commands find
  config::Command fetch;  ///< with the network, before the build and in its tree; empty: there is no such fetch
  std::vector<config::Command> build;
  ResultRules results;
  std::string output_folder;  ///< absolute: target/<triple>/<profile>
};

/// A whole build as data.
struct Plan {
  Workspace workspace;
  config::Project project;
  config::Recipe recipe;
  Consent consent;                 ///< what the project asks for; what does not count is in no other part of the plan
  bool users_keys = true;          ///< the fetch phase has the user's ~/.netrc and what git's settings say of servers
  config::KeptBack kept_back;      ///< secrets that the fetch phase does not have, as the project names who gets them
  std::vector<std::string> notes;  ///< what the user must know of what the project says and does not get
  std::vector<std::string> caller_notes;  ///< the same of the caller's own settings, which may be others next time
  std::string recipe_note;                ///< that other recipes fit, too, and what decides; empty where none does
  std::string profile;
  config::Target machine;  ///< this machine's own target
  EngineChoice engine;
  bool offline = false;
  bool locked = false;            ///< what the images are must be pinned already
  bool test = false;              ///< nothing is delivered
  config::Command tool_args;      ///< of the command line, after `--`
  std::vector<std::string> args;  ///< the user's: the project's, then the command line's
  config::Environment passed;     ///< variables taken from the caller for all phases; their values are not to be told
  std::optional<image::RustPin> rust_pin;  ///< the toolchain that Larder's own image gets in place of Debian's
  bool rust_is_asked = false;              ///< it is asked of Larder itself: no other Rust will do
  std::string cxx;                         ///< what says that the project has C++ in it, where that decides something
  config::SettingsTexts settings;          ///< of the project and the user, for the recipe's tool
  std::vector<std::string> fetch_args;     ///< those of `args` that the fetch takes, too
  bool shows_emulator = false;             ///< the target's emulator is shown where this machine has it
  config::Command fetch;                   ///< once for all targets; empty: no such fetch
  std::vector<TargetPlan> targets;
  std::vector<image::Chain> own_chains;  ///< of the images of this build, and of the project's other targets
  /// Finds the chains of all images that larder.lock is to pin, also of builds that others start otherwise; no value
  /// where that cannot be told, and no function where the caller's environment has decided about some.
  std::function<std::optional<std::vector<image::Chain>>()> needed_chains;
  std::vector<std::string> triples;                     ///< of all targets that there are
  RemotePlan remote;                                    ///< what builds do with a registry for their volumes
  store::Trust trust = store::Trust::trusted;           ///< whose the volumes are that builds write
  store::Limits limits;                                 ///< of the store, kept after the build
  std::vector<std::vector<store::VolumeKey>> siblings;  ///< for each download volume: its keys for all targets
};

/// How many jobs may run at once: as many as the project says, else one for each processor that this process, and the
/// container by its `cpus`, may use.
int job_count(const Plan& plan);

}  // namespace larder::builds
