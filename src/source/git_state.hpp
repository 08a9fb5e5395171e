#pragma once

#include <string>
#include <vector>

#include "base/os.hpp"
#include "source/walk.hpp"

namespace larder::source {

/// What `git describe` goes by, as one digest: the commit that is checked out, and the tags, also of submodules. The
/// same in every clone and worktree at the same commit with the same tags; empty where the folder (absolute) is not the
/// top of a repository.
std::string git_state(Os& os, const std::string& folder);

/// What git answers of branches, as one digest: the name of the one that is checked out, where all refs stand, and the
/// repository's settings, which have remotes and what a branch follows.
/// Empty where the folder is not the top of a repository.
std::string git_refs(Os& os, const std::string& folder);

/// The commit that is checked out, in hexadecimal; empty where the folder is not the top of a repository, or has none.
std::string head_commit(Os& os, const std::string& folder);

/// What `git describe --dirty` and `git diff-index` go by besides, as one digest: what the index has, and whether the
/// walked folder, the top of a repository, differs from it. Empty where it is not, or where the index cannot be read.
std::string git_dirt(Os& os, const Walk& walk);

/// The tracked files of the walked folder, the top of a repository, whose content git reads to say whether they differ:
/// those of which its index does not know the stamp, or does not trust it. Sorted as in the
/// index.
std::vector<std::string> read_by_git(Os& os, const Walk& walk);

}  // namespace larder::source
