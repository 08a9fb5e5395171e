#pragma once

#include <string>
#include <vector>

#include "base/os.hpp"
#include "builds/plan/plan.hpp"
#include "source/entry.hpp"
#include "source/record.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::builds {

/// The folders of a volume that hold what runs of the project's own programs have left (`[content.told] units` in the
/// recipe: cargo's build scripts), of those that the tool will start again since the project became another one by
/// `difference`: what such a program makes no longer would lie there still, and be taken in. With the tool's note that
/// the program has run, which would else be true no more.
Result<std::vector<std::string>> runs_to_forget(Os& os, const Plan& plan, const source::Entries& entries,
                                                const source::Difference& difference, const store::MergedTree& volume);

}  // namespace larder::builds
