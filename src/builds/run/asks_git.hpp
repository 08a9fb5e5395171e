#pragma once

#include <string>
#include <vector>

#include "base/os.hpp"
#include "builds/plan/plan.hpp"
#include "source/entry.hpp"

namespace larder::builds {

/// The first file of the project that asks git by one of the `words` and whose answers the recipe's tool does not
/// follow
/// (`[content] commit` names such files, and `changed` says that their text counts); empty: none. One that cannot be
/// read may ask.
std::string file_that_asks_git(Os& os, const Plan& plan, const source::Entries& entries,
                               const std::vector<std::string>& words);

}  // namespace larder::builds
