#pragma once

#include <string>
#include <vector>

#include "base/os.hpp"
#include "builds/plan/plan.hpp"
#include "source/entry.hpp"
#include "source/record.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::builds {

/// Whether a tool that is configured may find another configuration right than it did before the project became
/// another one by `difference`: `[content.configured]` in the recipe. It reads what says so, looks for files that are
/// new or gone now, and, where it compiles some, may read any.
bool may_configure_otherwise(Os& os, const Plan& plan, const source::Entries& entries,
                             const source::Difference& difference);

/// Whether something asks git while the tool configures, which has another answer at another commit.
bool asks_git_to_configure(Os& os, const Plan& plan, const source::Entries& entries);

/// The first file of a volume that the project's own patterns name as a result; empty: none.
Result<std::string> wanted_in(const store::MergedTree& volume, const ResultRules& rules);

/// Whether nobody can tell which of the files that look like results the recipe's tool would still make of another
/// project: its `[content]` says nothing of what it reads, and its results are found by patterns in a folder of their
/// own.
bool knows_no_results(const config::Recipe& recipe);

/// The files of a volume that look like results.
Result<std::vector<std::string>> results_in(const store::MergedTree& volume, const ResultRules& rules);

/// The files of a volume in which the tool has noted its configuration, and what it has made, if it makes it still,
/// under the name of a source of the project's (`entries`): a compiler would find that first.
Result<std::vector<std::string>> configuration_in(const store::MergedTree& volume, const Plan& plan,
                                                  const source::Entries& entries);

}  // namespace larder::builds
