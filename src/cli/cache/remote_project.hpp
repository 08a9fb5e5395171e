#pragma once

#include <string>

#include "builds/plan/remote_plan.hpp"
#include "builds/plan/workspace.hpp"
#include "cli/command_line.hpp"
#include "share/remote.hpp"

namespace larder::cli {

/// Where volumes are pushed to and pulled from, and whose they are, as the command line says.
struct RemoteOptions {
  std::string remote;  ///< empty: what LARDER_REMOTE or the configuration says
  std::string folder = ".";
  share::KeySource key;
};

/// Adds the option for the remote, called "--to" for example, and -C.
void add_remote_options(const Command& command, const char* remote_option, RemoteOptions& options);

/// Adds the options for the private key.
void add_key_options(const Command& command, RemoteOptions& options);

/// The project, and the remote.
struct RemoteProject {
  builds::Workspace workspace;
  builds::RemotePlan plan;
  share::Remote remote;
};

/// ErrorCode::usage where no remote is known, or the folder is no project's. The remote has no private key.
Result<RemoteProject> find_remote_project(const RemoteOptions& options, const std::string& remote_option);

/// ErrorCode::usage with the text `refusal` where the code here counts as a stranger's, which changes no registry.
Status check_trusted(const RemoteProject& project, const std::string& refusal);

/// As `find_remote_project`, with the private key that there is; ErrorCode::usage also where `check_trusted` refuses.
Result<RemoteProject> find_remote_to_push(Os& os, const RemoteOptions& options, const std::string& remote_option);

}  // namespace larder::cli
