#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "config/project.hpp"

namespace larder::builds {

/// The project's folder and what it is known by.
struct Workspace {
  std::string folder;   ///< absolute, symbolic links resolved
  std::string project;  ///< short name for volumes: letters, digits, `_`, `-`
  std::string git_dir;  ///< of a worktree: the repository it belongs to, to be shown read-only; else empty
};

/// The folder that holds larder.toml or a file of a recipe: `start` itself or the nearest one above it that has a
/// larder.toml; `start` where there is none.
std::string find_project_folder(const std::string& start);

/// Opens the project's folder. Its short name is the configured one, else derived from the git remote and the folder's
/// place in the repository, else from the folder's path, so that two projects never share compiled volumes by accident.
Result<Workspace> open_workspace(const std::string& folder, const config::Project& project);

}  // namespace larder::builds
