#pragma once

#include <string>

namespace larder::builds {

/// Which branch of its repository a project is on.
struct Branch {
  std::string name;            ///< empty: none is checked out, nor does the CI system name one
  std::string default_branch;  ///< the repository's, else `main`; also of a project without a repository
  std::string commit = {};     ///< that is checked out; empty: none
};

/// The branch of the project in this folder: what LARDER_BRANCH says, in CI what the CI system says, else what git has
/// checked out. A project without a repository is on the default branch.
Branch branch_of(const std::string& folder);

}  // namespace larder::builds
