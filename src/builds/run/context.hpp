#pragma once

#include <optional>
#include <string>

#include "builds/plan/plan.hpp"
#include "builds/run/jobserver.hpp"
#include "builds/run/project_state.hpp"
#include "builds/run/volume_home.hpp"
#include "builds/watch/progress.hpp"
#include "builds/watch/supervisor.hpp"
#include "engine/engine.hpp"

namespace larder::share {
struct Remote;
}

namespace larder::builds {

/// When what a build has made must be on disk.
enum class Settle {
  background,  ///< some time after the build has returned its results
  foreground   ///< before it returns
};

/// How a build is carried out, as the command line says it.
struct RunOptions {
  Settle settle = Settle::background;
  /// Compiled volumes are written to without waiting for who writes there already, and what is compiled is not kept.
  bool private_volumes = false;
  bool force = false;  ///< the tool is started even where nothing has changed since the last good build
  const share::Remote* remote = nullptr;    ///< where volumes are pulled from before they are forked; null: nowhere
  std::optional<double> wait_seconds = {};  ///< the longest to wait for another build; no value: until it has ended
};

/// What the fetch phase and all targets of one build share. Everything outlives the build.
struct BuildContext {
  const Plan& plan;
  const VolumeHome& home;
  engine::Engine& engine;
  Progress& progress;
  Supervisor& supervisor;
  Jobserver& jobserver;
  ProjectWatch& project;
  const RunOptions& options;
};

/// The log of a target or of the fetch phase: logs/<project>-<name>.log in the store; a private build's is
/// <project>-<name>-private.log.
std::string log_path(const BuildContext& context, const std::string& name);

/// Who holds a lock, for whoever waits for it: "larder build x64 in /home/ann/app, process 4711".
std::string holder(const Plan& plan, const std::string& what);

}  // namespace larder::builds
