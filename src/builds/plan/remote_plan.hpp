#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/remote_settings.hpp"
#include "store/volume.hpp"

namespace larder::builds {

enum class PullPolicy {
  missing,  ///< volumes that the store has not
  newer,    ///< also what is newer in the registry
  never
};

enum class PushPolicy {
  success,         ///< after a good build
  default_branch,  ///< after a good build on the default branch
  never
};

/// What is decided about a registry for a project's volumes.
struct RemotePlan {
  std::string repository;                 ///< as `share::parse_remote` takes it; empty: none
  bool is_projects = false;               ///< larder.toml alone names it: what all projects read does not come from it
  PullPolicy pull = PullPolicy::missing;  ///< of builds
  PushPolicy push = PushPolicy::never;    ///< of builds
  std::vector<std::string> public_keys;   ///< whose signatures count, of the user and the project; empty: all does
  std::string key_file;                   ///< with the private key; absolute; empty: none
  int64_t max_age_seconds = 0;            ///< how old what is signed may be on a machine that has seen none
  std::string distrust;                   ///< why the code counts as a stranger's, so that nothing is pushed
  bool apart = false;                     ///< what it leaves is kept apart from what trusted builds start from
};

/// What the command line says; empty: nothing.
struct RemoteRequest {
  std::string pull = {};
  std::string push = {};
  bool untrusted = false;
};

/// Decides by the command line, by LARDER_REMOTE, by what counts of larder.toml, and by config.toml in `user_dir`, in
/// this order. The code is a stranger's where the caller says so (`untrusted`, LARDER_TRUST=untrusted), and in CI,
/// unless it says that the event is one of those who may write to the branch, and the branch protected; never where
/// LARDER_TRUST=trusted says so. ErrorCode::usage where LARDER_TRUST says anything else.
Result<RemotePlan> plan_remote(const RemoteRequest& request, const config::RemoteSettings& project,
                               const std::string& user_dir);

/// Whose the code is that the caller deals with: a stranger's where `RemotePlan::apart` is set. ErrorCode::usage as in
/// `plan_remote`.
Result<store::Trust> trust_of_caller();

}  // namespace larder::builds
