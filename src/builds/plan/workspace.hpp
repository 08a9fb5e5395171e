#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/mount_spec.hpp"
#include "base/result.hpp"
#include "config/project.hpp"

namespace larder::builds {

/// Where builds see the project; deeper below it where folders around the project are shown, too.
constexpr const char* workspace_path = "/workspace";

/// What `[workspace] include` shows and nothing else does.
struct Included {
  std::string named;  ///< as larder.toml has it
  std::string path;   ///< absolute
};

/// The project's folder, what it is known by, and what is shown around it.
struct Workspace {
  std::string folder;         ///< absolute, symbolic links resolved: what is compiled and delivered belongs to it
  std::string project;        ///< short name for volumes: letters, digits, `_`, `-`
  std::string git_dir;        ///< of a worktree: the repository it belongs to, to be shown read-only; else empty
  std::string settings = {};  ///< where larder.toml and larder.lock are: the folder, or a member's folder below it
  std::string start = {};     ///< where the tool is started: the folder, one below it, or one around it that is shown
  std::string git_top = {};   ///< the folder with .git, at or above `folder`; empty: none that counts
  std::string top = {};       ///< the folder itself or the one above it that is shown as a whole
  std::string place = workspace_path;  ///< where builds see `folder`
  std::vector<Bind> around = {};     ///< shown read-only and lying around or beside it; an earlier may hold a later one
  std::vector<Bind> git_binds = {};  ///< `git_dir` where git looks for it
  std::vector<Included> included = {};

  std::vector<std::string> notes = {};  ///< what a tool would find in folders above that are not shown

  /// Where builds see the folder in which the tool is started.
  std::string start_place() const;
};

/// What of a recipe and of the caller's decides which folder the project is.
struct WorkspaceQuery {
  std::string start = {};                        ///< where the caller is; empty: the folder itself
  std::string workspace_file = {};               ///< config::Recipe::workspace
  std::vector<std::string> searched_above = {};  ///< config::Recipe::searched_above
  std::string named = {};                        ///< the folder that the tool's arguments name instead; empty: none
  std::string around_file = {};                  ///< config::Recipe::around_file
};

/// The folder that holds larder.toml or a file of a recipe: `start` itself or the nearest one above it that has a
/// larder.toml; `start` where there is none.
std::string find_project_folder(const std::string& start);

/// ErrorCode::usage where the folder of a project is no folder that is there.
Status check_folder(const std::string& folder);

/// Opens the project: `folder` is where its larder.toml is or would be; as a member of a tool's workspace it belongs to
/// the workspace's root. Shown around it is the git work tree that it lies in (of a submodule the outermost), the
/// nearest folder above that has `around_file`, and what `[workspace] include` names; never a home folder or one above
/// it, nor folders of other users. Its short name is the configured one, else derived from the git remote and the
/// folder's place in the repository, else from the folder's path, so that two projects never share compiled volumes by
/// accident.
Result<Workspace> open_workspace(const std::string& folder, const config::Project& project,
                                 const WorkspaceQuery& query = {});

/// A recipe speaks of /workspace as the project's folder: the same text for a project that is shown at `place`.
std::string at_place(const std::string& text, const std::string& place);

}  // namespace larder::builds
