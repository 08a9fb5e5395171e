#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/os.hpp"
#include "builds/plan/plan.hpp"
#include "source/entry.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::builds {

/// What a volume has of runs that are not what they would be now.
struct RunsAgain {
  /// Its folders that hold what such runs have left, with the tool's notes of them: without these the tool runs the
  /// program again, which finds nothing of its own, as in a clean copy.
  std::vector<std::string> folders;
  std::set<std::string> packages;  ///< folders of the project's packages that the programs belong to
};

/// Of the project's own programs that a tool has run for its packages (`[content.told]` units in the recipe: cargo's
/// build scripts), gives those that run again, since files at `paths` are other ones now, by what they have told the
/// tool; and those that should, since their sources speak of such a file. With them what was compiled of sealed
/// packages in which such a file lies.
Result<RunsAgain> find_runs_again(Os& os, const Plan& plan, const source::Entries& entries,
                                  const std::vector<std::string>& paths, const store::MergedTree& volume);

}  // namespace larder::builds
