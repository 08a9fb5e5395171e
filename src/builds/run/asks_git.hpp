#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/os.hpp"
#include "builds/plan/plan.hpp"
#include "source/entry.hpp"

namespace larder::builds {

/// Whether one of the words follows `git` on a line of the text.
bool asks_git(std::string_view text, const std::vector<std::string>& words);

/// The first file of the project that asks git by one of the `words` and whose answers the recipe's tool does not
/// follow: one that matches `[content] commit`, but for commands that are run each time, or a script that such a file
/// names. Empty: none. One that cannot be read may ask.
std::string file_that_asks_git(Os& os, const Plan& plan, const source::Entries& entries,
                               const std::vector<std::string>& words);

/// Whether a macro that the project depends on asks git, as its locks say (`[content.embedded]` in the recipe).
bool macros_ask_git(Os& os, const Plan& plan);

}  // namespace larder::builds
