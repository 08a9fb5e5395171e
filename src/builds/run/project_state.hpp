#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "builds/plan/plan.hpp"
#include "source/walk.hpp"
#include "store/store.hpp"

namespace larder::builds {

/// The project's folder at one moment, as builds are to see it.
struct ProjectState {
  source::Walk walk;                 ///< with contents, without what is hidden
  std::string content;               ///< digest of all of it
  std::string covered;               ///< a path of which builds see an empty folder; empty: none
  std::vector<std::string> hidden;   ///< paths that builds do not see besides
  std::vector<std::string> objects;  ///< those of them that compilers have left in the project
};

/// Looks at the project's folder, and reads what may have changed since it was looked at last. Tools that build in the
/// source tree are not shown what other compilers have left there, but for what git tracks and `[workspace] show` names.
Result<std::shared_ptr<const ProjectState>> look_at_project(const Plan& plan, const store::Store& store);

/// The paths in the project that are Larder's to write: where results are delivered.
std::vector<std::string> left_out_of(const Plan& plan);

}  // namespace larder::builds
