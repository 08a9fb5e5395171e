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

/// The files of a volume in which the tool has noted its configuration.
Result<std::vector<std::string>> configuration_in(const store::MergedTree& volume, const Plan& plan);

}  // namespace larder::builds
