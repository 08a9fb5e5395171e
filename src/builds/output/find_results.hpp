#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/binary.hpp"
#include "builds/output/cargo_messages.hpp"
#include "builds/plan/plan.hpp"
#include "source/walk.hpp"
#include "store/layer/merged_tree.hpp"
#include "store/store.hpp"

namespace larder::builds {

/// A file of a compiled volume that is a result, or a symbolic link to one. Paths are relative to /workspace.
struct FoundResult {
  std::string path;
  struct stat status = {};  ///< of a link: of what it leads to in the end
  std::string base = {};    ///< the folder below which the result keeps its path; empty: its name is enough
  std::optional<Binary> binary = {};
  std::string link = {};   ///< of a link: the path of what it names
  bool is_source = false;  ///< a file of the project itself, which the build has not written
};

/// What was looked for and found.
struct FoundResults {
  std::vector<FoundResult> files;  ///< sorted by path
  std::vector<std::string> notes;  ///< what is left out and why, for people
};

/// Where a build has left its files, and what it has said of them.
struct BuildOutput {
  std::vector<std::string> roots;         ///< of the compiled volume: directories relative to the store, lowest first
  const CargoMessages& messages;          ///< what cargo has said
  const source::Walk* project = nullptr;  ///< what the build has seen of the project; nullptr where that is not known
};

/// Finds the results of a good build in its volume (`view`): what the tool has named, installed, or what the project's
/// patterns match, as the target's rules say. A pattern that matches nothing that the build has written speaks of the
/// project's own files; one that matches none of these either is an error that names it. No link is followed but within
/// the volume, and nothing is a result but files and links.
Result<FoundResults> find_results(const Plan& plan, const TargetPlan& target, const store::Store& store,
                                  const store::MergedTree& view, const BuildOutput& output);

}  // namespace larder::builds
