#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "builds/plan/plan.hpp"
#include "builds/run/surroundings.hpp"
#include "source/links_out.hpp"
#include "source/walk.hpp"
#include "store/store.hpp"

namespace larder::builds {

/// The project's folder at one moment, as builds are to see it.
struct ProjectState {
  source::Walk walk;        ///< with contents, without what is hidden
  source::Entries entries;  ///< the walk's
  std::string content;      ///< digest of all of them
  std::string git;  ///< digest of git's answers (commit, tags, what differs) and the caller's variables; empty: none
  std::string covered;                     ///< a path of which builds see an empty folder; empty: none
  std::vector<std::string> hidden;         ///< paths that builds do not see besides
  std::vector<std::string> objects;        ///< those of them that other builds have left in the project
  std::vector<source::LinkOut> links_out;  ///< links that lead to what builds are not shown
  Surroundings around;                     ///< what is shown around the project
  bool is_checkout = false;  ///< the folder itself cannot be a layer: the store or a mount lies in it, or overlayfs
                             ///< refuses its file system, or an engine its name
};

/// Looks at the project's folder, and reads what may have changed since it was looked at last. What other builds have
/// left there is not shown (builds/run/leftovers.hpp).
Result<std::shared_ptr<const ProjectState>> look_at_project(const Plan& plan, const store::Store& store);

/// The project's state for all targets of one build: looked at when the first of them asks, and again where something
/// has changed since.
class ProjectWatch {
 public:
  ProjectWatch(const Plan& plan, const store::Store& store) : plan_(plan), store_(store) {}

  Result<std::shared_ptr<const ProjectState>> state();
  /// Makes the next `state` look again.
  void forget() { state_.reset(); }
  /// Calls `attempt`, which gives whether the project is still as `state` says, and looks again each time that it is
  /// not. ErrorCode::environment where the project never stands still.
  Status retry(const std::function<Result<bool>()>& attempt);

 private:
  const Plan& plan_;
  const store::Store& store_;
  std::shared_ptr<const ProjectState> state_;
};

/// The paths in the project that are Larder's to write: where results are delivered.
std::vector<std::string> left_out_of(const Plan& plan);

}  // namespace larder::builds
