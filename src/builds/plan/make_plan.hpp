#pragma once

#include <string>
#include <vector>

#include "builds/plan/plan.hpp"
#include "builds/plan/remote_plan.hpp"

namespace larder::builds {

/// What the command line asks for; it goes before what the project says.
struct Request {
  std::vector<std::string> targets;  ///< empty: the project's, else the machine's own
  bool all = false;
  std::string profile = {};                 ///< empty: the project's
  std::vector<std::string> tool_args = {};  ///< after `--`
  std::vector<std::string> env = {};        ///< NAME: taken from the caller's environment; or NAME=VALUE
  std::string start = {};                   ///< the folder that the caller is in or names; empty: the project's
  std::string engine = {};                  ///< empty, as in the next four: what the project says
  std::string image = {};
  std::string pull = {};
  std::string cpus = {};
  std::string memory = {};
  std::string cache_pull = {};  ///< empty, as in the next one: what the project or the user says
  std::string cache_push = {};
  bool untrusted = false;     ///< the code is a stranger's: what is built is kept apart, and never pushed
  bool network = false;       ///< the build has the network, whatever the project says
  bool offline = false;       ///< no phase gets the network
  bool locked = false;        ///< larder.lock must pin the images
  bool test = false;          ///< the recipe's test commands instead of its build commands
  bool emulator = false;      ///< the target's emulator is shown where this machine has it; for tests it is prepared
  ConsentMeans consent = {};  ///< how the user may agree to what the project asks for
};

/// Loads the project's configuration and the tables, and decides the whole build. This machine and its container
/// engines are looked at; no registry is asked, and nothing is made. An image that is not this machine's own root or a
/// container engine's has no digest yet: `provide` finds or makes it. The user may be asked, see ConsentMeans; what
/// does not count is not in the plan.
Result<Plan> make_plan(const std::string& folder, const Request& request);

/// The project that builds would take where the caller is in or names `start`; no engine is looked at, and nobody
/// asked.
Result<Workspace> workspace_of(const std::string& folder, const std::string& start);

/// The same, and what is decided about a registry for its volumes. What the project says of one counts only with
/// consent that was given earlier, or where CI is set.
struct RemoteProject {
  Workspace workspace;
  RemotePlan remote;
  Consent consent;
};
Result<RemoteProject> remote_project_of(const std::string& folder, const std::string& start);

/// What the project asks for, where the caller is in or names `start`; no engine is looked at, and nobody asked.
Result<Consent> consent_of(const std::string& folder, const std::string& start);

}  // namespace larder::builds
