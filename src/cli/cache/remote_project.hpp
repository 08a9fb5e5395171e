#pragma once

#include <string>

#include "builds/plan/workspace.hpp"
#include "cli/command_line.hpp"
#include "share/remote.hpp"

namespace larder::cli {

/// Where volumes are pushed to and pulled from, and whose they are, as the command line says.
struct RemoteOptions {
  std::string remote;  ///< empty: config.toml's
  std::string folder = ".";
};

/// Adds the option for the remote, called "--to" for example, and -C.
void add_remote_options(const Command& command, const char* remote_option, RemoteOptions& options);

/// The project, its branch, and the remote.
struct RemoteProject {
  builds::Workspace workspace;
  share::Line line;
  share::Registry registry;
};

/// ErrorCode::usage where no remote is known, or the folder is no project's.
Result<RemoteProject> find_remote_project(const RemoteOptions& options, const std::string& remote_option);

}  // namespace larder::cli
