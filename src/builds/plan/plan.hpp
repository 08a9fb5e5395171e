#pragma once

#include <optional>
#include <string>
#include <vector>

#include "builds/plan/engine_choice.hpp"
#include "builds/plan/workspace.hpp"
#include "config/placeholder.hpp"
#include "config/project.hpp"
#include "config/tables.hpp"
#include "image/chain.hpp"
#include "image/host.hpp"
#include "store/space/prune.hpp"
#include "store/volume.hpp"

namespace larder::builds {

/// The home of a build's processes, empty at every start.
constexpr const char* home_folder = "/home/larder";

/// What the command line says.
struct Request {
  std::vector<std::string> targets;  ///< empty: the project's, else the machine's own
  bool all = false;
  std::string profile;                 ///< empty: the project's
  std::vector<std::string> tool_args;  ///< after `--`
  std::string engine = {};             ///< empty: the project's; likewise:
  std::string image = {};
  std::string pull = {};
  std::string cpus = {};
  std::string memory = {};
  bool look_only = false;  ///< nothing is pulled
  bool offline = false;    ///< no phase gets the network
  bool test = false;       ///< the recipe's test commands instead of its build commands
  bool emulator = false;   ///< the target's emulator is shown where this machine has it; for tests it is prepared
};

struct WantedImage {
  std::string name;  ///< what progress calls it: the target's; each another
  image::Chain chain;
};

/// Where root filesystems come from that are neither the machine's own nor a container engine's.
class Images {
 public:
  virtual ~Images() = default;
  /// The images in their order; without a digest what is not there where this one only looks. `machine` is Debian's
  /// name for this machine's architecture, `folder` the project's.
  virtual Result<std::vector<image::Image>> provide(const std::vector<WantedImage>& wanted, const std::string& machine,
                                                    const std::string& folder) = 0;
};

/// All that is decided for one target; placeholders are expanded.
struct TargetPlan {
  config::Target target;
  image::Image image;
  std::vector<store::VolumeSpec> downloads;
  store::VolumeSpec compiled;
  config::Environment env;
  config::Environment build_env;  ///< `env` and what only the build phase has
  std::vector<config::Command> build;
  config::Command adopt;  ///< empty: another workspace's volume cannot be taken over
  std::vector<std::string> artifacts;
  std::vector<std::string> artifacts_not;
  std::string emulator;                              ///< program that runs the target's binaries; empty: none is needed
  std::optional<store::VolumeSpec> emulator_volume;  ///< the image that has it; none: the machine
  std::optional<image::Chain> chain;                 ///< how the image is made, where it is from the store
  std::string output_folder;                         ///< absolute: target/<triple>/<profile>
};

/// A whole build as data.
struct Plan {
  Workspace workspace;
  config::Project project;
  config::Recipe recipe;
  std::string profile;
  config::Target machine;  ///< this machine's own target
  EngineChoice engine;
  bool offline = false;
  bool test = false;      ///< nothing is delivered
  config::Command fetch;  ///< empty: no fetch phase
  std::vector<TargetPlan> targets;
  store::Limits limits;                            ///< of the store, kept after the build
  std::vector<std::vector<std::string>> siblings;  ///< for each download volume: its names for all targets
};

/// Loads the project's configuration and the tables and decides. It is `images` that finds or prepares what the project
/// builds on, where that is not the machine's own root.
Result<Plan> make_plan(const std::string& folder, const Request& request, Images& images);

/// How many jobs may run at once: the project's word, else one for each core.
int job_count(const Plan& plan);

}  // namespace larder::builds
