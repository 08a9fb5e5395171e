#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace larder::builds {

/// The git work tree that a folder lies in.
struct Git {
  std::filesystem::path top;     ///< folder with .git
  std::filesystem::path common;  ///< the repository's directory
  bool worktree = false;         ///< .git is a file, and `common` lies elsewhere: a worktree or a submodule
  std::string link = {};         ///< then: what the file says, absolute or relative to `top`
};

/// The nearest work tree at or above the folder (absolute). None where a `.git` there is a file that leads to a
/// repository which does not point back.
std::optional<Git> find_git(const std::filesystem::path& folder);

/// The folders outside of the repository in which git looks for its objects, absolute, as its own `objects` names them;
/// without those that these name. Source: gitrepository-layout(5), objects/info/alternates.
std::vector<std::string> alternate_objects(const std::filesystem::path& common);

/// The nearest `.git` at or above the folder that is a file and leads to no repository of which find_git knows; empty:
/// there is none, or a work tree comes first.
std::filesystem::path lost_git(const std::filesystem::path& folder);

/// The URL of the repository's remote `origin`; empty: none.
std::string origin_url(const std::filesystem::path& common);

/// The same text for all ways to one repository on a server: `example.org/org/app` for `git@example.org:org/app.git`,
/// `https://user:token@example.org/org/app` and the like (git-clone(1), GIT URLS). What is no such URL stays as it is.
std::string repository_of(const std::string& url);

/// Whether a file or folder above `here` counts: not one of another user, who would decide what is built (as git's
/// safe.directory). Who owns `here` is trusted, so that root can build another's checkout.
bool is_trusted(const std::filesystem::path& file, const std::filesystem::path& here);

}  // namespace larder::builds
